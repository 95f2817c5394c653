//! The questions of `prepare_registration` as a machine: takes answers, says what to ask next (rpc §7.4). No I/O.

use crate::console::layout::oxen;
use oxen_crypto::address::{Address, AddressKind};
use oxen_types::{Amount, network::AddressPrefixes};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    OperatorAddress,
    OperatorAmount,
    AddContributor,
    ContributorAddress,
    ContributorAmount,
    Fee,
    Confirm,
}

/// Somebody with a part of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// A primary address.
    pub(super) address: String,
    /// What is staked or reserved.
    pub(super) amount: Amount,
}

/// The answers so far.
#[derive(Debug, Clone, Default)]
struct Draft {
    parts: Vec<Part>,
    address: Option<String>,
    fee: Option<Fee>,
}

/// The operator's fee in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fee(u16);

impl Fee {
    /// Who has the whole node has the whole reward.
    const WHOLE: Self = Self(10_000);

    /// Percent with up to two decimals, with or without `%`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('%').trim_end();
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 2 {
            return None;
        }
        let hundredths = format!("{decimals:0<2}").parse::<u16>().ok()?;
        let fee = whole.parse::<u16>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
        (fee <= Self::WHOLE.0).then_some(Self(fee))
    }

    /// As the RPC takes it.
    pub(super) fn percent(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// What the questions came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registration {
    /// The operator first.
    pub(super) parts: Vec<Part>,
    /// The fee.
    pub(super) fee: Fee,
}

/// Where an answer leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is another question.
    Next,
    /// It is the same question again, because of this.
    Again(String),
    /// Nothing more to ask.
    Done(Registration),
    /// Whoever answers does not want it.
    Cancelled,
}

/// What the network asks of a registration.
pub(super) struct Terms {
    /// What a node must hold.
    pub(super) requirement: Amount,
    /// The least of the operator.
    pub(super) operator_minimum: Amount,
    /// Most contributors, the operator among them.
    pub(super) most_contributors: usize,
    /// The network's addresses.
    pub(super) prefixes: AddressPrefixes,
    /// The network's name.
    pub(super) network: String,
}

/// The questions and the answers so far.
pub(super) struct Wizard {
    terms: Terms,
    step: Step,
    draft: Draft,
    before: Vec<(Step, Draft)>,
}

impl Wizard {
    /// Nothing is answered yet.
    pub(super) fn new(terms: Terms) -> Self {
        Self {
            terms,
            step: Step::OperatorAddress,
            draft: Draft::default(),
            before: Vec::new(),
        }
    }

    /// What to ask now.
    pub(super) fn question(&self) -> String {
        let choices = match self.step {
            Step::OperatorAddress => "Wallet address of the operator".to_owned(),
            Step::OperatorAmount => format!(
                "Contribution of the operator in OXEN: `min` for {}, `max` for {}",
                oxen(self.terms.operator_minimum.atomic()),
                oxen(self.terms.requirement.atomic())
            ),
            Step::AddContributor => format!(
                "{} are open. Reserve a part for somebody? y/n",
                oxen(self.open().atomic())
            ),
            Step::ContributorAddress => "Wallet address of the contributor".to_owned(),
            Step::ContributorAmount => format!(
                "Contribution in OXEN: `min` for {}, `max` for {}",
                oxen(self.least().atomic()),
                oxen(self.open().atomic())
            ),
            Step::Fee => "Fee of the operator in percent, 0 to 100, up to two decimals".to_owned(),
            Step::Confirm => "Is this right? y/n".to_owned(),
        };
        format!("{choices} (`back`, `cancel`)")
    }

    /// The table to look at before the last question.
    pub(super) fn summary(&self) -> Option<String> {
        if self.step != Step::Confirm {
            return None;
        }
        let fee = self.draft.fee.unwrap_or(Fee::WHOLE);
        let mut rows = vec![["contributor", "amount", "part", ""].map(str::to_owned).to_vec()];
        for (place, part) in self.draft.parts.iter().enumerate() {
            let role = if place == 0 { "operator" } else { "reserved" };
            rows.push(vec![
                part.address.clone(),
                oxen(part.amount.atomic()),
                self.percent_of(part.amount),
                role.to_owned(),
            ]);
        }
        if !self.open().is_zero() {
            rows.push(vec![
                "(anybody)".to_owned(),
                oxen(self.open().atomic()),
                self.percent_of(self.open()),
                "open".to_owned(),
            ]);
        }
        let fee = if self.is_solo() {
            "Fee of the operator: none needed, the operator has the whole node".to_owned()
        } else {
            format!("Fee of the operator: {} %", fee.percent())
        };
        Some(format!("{}\n{fee}", crate::console::layout::table(&rows)))
    }

    /// Takes an answer.
    pub(super) fn answer(&mut self, text: &str) -> Progress {
        match text.to_lowercase().as_str() {
            "cancel" => return Progress::Cancelled,
            "back" => {
                return match self.before.pop() {
                    Some((step, draft)) => {
                        (self.step, self.draft) = (step, draft);
                        Progress::Next
                    }
                    None => Progress::Again("this is the first question".to_owned()),
                };
            }
            _ => {}
        }
        let before = (self.step, self.draft.clone());
        match self.take(text) {
            Ok(Some(step)) => {
                self.before.push(before);
                self.step = step;
                Progress::Next
            }
            Ok(None) if self.step == Step::Confirm => Progress::Done(Registration {
                parts: self.draft.parts.clone(),
                fee: self.draft.fee.unwrap_or(Fee::WHOLE),
            }),
            Ok(None) => Progress::Cancelled,
            Err(mistake) => Progress::Again(mistake),
        }
    }

    /// The step after this answer; `None` ends the questions.
    fn take(&mut self, text: &str) -> Result<Option<Step>, String> {
        Ok(Some(match self.step {
            Step::OperatorAddress => {
                self.draft.address = Some(self.address(text)?);
                Step::OperatorAmount
            }
            Step::OperatorAmount => {
                self.add_part(text, self.terms.operator_minimum)?;
                self.after_a_part()
            }
            Step::AddContributor if yes(text)? => Step::ContributorAddress,
            Step::AddContributor => Step::Fee,
            Step::ContributorAddress => {
                self.draft.address = Some(self.address(text)?);
                Step::ContributorAmount
            }
            Step::ContributorAmount => {
                self.add_part(text, self.least())?;
                self.after_a_part()
            }
            Step::Fee => {
                let fee = Fee::parse(text)
                    .ok_or("write a number from 0 to 100 with up to two decimals, for example 12.5".to_owned())?;
                self.draft.fee = Some(fee);
                Step::Confirm
            }
            Step::Confirm if yes(text)? => return Ok(None),
            Step::Confirm => {
                return Err("`back` changes the last answer, `cancel` ends without a registration".to_owned());
            }
        }))
    }

    fn after_a_part(&self) -> Step {
        if self.is_solo() {
            Step::Confirm
        } else if self.open().is_zero() || self.draft.parts.len() >= self.terms.most_contributors {
            Step::Fee
        } else {
            Step::AddContributor
        }
    }

    fn is_solo(&self) -> bool {
        self.draft.parts.len() == 1 && self.open().is_zero()
    }

    /// A primary address of the network that has no part yet.
    fn address(&self, text: &str) -> Result<String, String> {
        let address = Address::parse(text, &self.terms.prefixes)
            .map_err(|error| format!("not usable on {}: {error}", self.terms.network))?;
        match address.kind() {
            AddressKind::Standard => {}
            AddressKind::Subaddress => {
                return Err("a subaddress cannot stake: give the primary address of the wallet".to_owned());
            }
            AddressKind::Integrated(_) => {
                return Err("an address with a payment id cannot stake: give the primary address".to_owned());
            }
        }
        if self.draft.parts.iter().any(|part| part.address == text) {
            return Err("this address has its part already".to_owned());
        }
        Ok(text.to_owned())
    }

    fn add_part(&mut self, text: &str, least: Amount) -> Result<(), String> {
        let open = self.open();
        let amount = match text.to_lowercase().as_str() {
            "max" => open,
            "min" => least,
            _ => text
                .parse()
                .map_err(|error| format!("\"{text}\" is no amount of OXEN: {error}"))?,
        };
        if amount < least {
            return Err(format!("at least {} are needed", oxen(least.atomic())));
        }
        if amount > open {
            return Err(format!("at most {} are open", oxen(open.atomic())));
        }
        let address = self.draft.address.take().unwrap_or_default();
        self.draft.parts.push(Part { address, amount });
        Ok(())
    }

    /// What is neither staked nor reserved.
    fn open(&self) -> Amount {
        let taken = Amount::checked_sum(self.draft.parts.iter().map(|part| part.amount));
        self.terms
            .requirement
            .saturating_sub(taken.unwrap_or(self.terms.requirement))
    }

    /// The least that the next contributor takes: an equal part of what is open for each free place (staking §6.2).
    fn least(&self) -> Amount {
        let places = self.terms.most_contributors.saturating_sub(self.draft.parts.len());
        Amount::from_atomic(self.open().atomic() / (places as u64).max(1))
    }

    fn percent_of(&self, amount: Amount) -> String {
        let hundredths = u128::from(amount.atomic()) * 10_000 / u128::from(self.terms.requirement.atomic().max(1));
        format!("{}.{:02} %", hundredths / 100, hundredths % 100)
    }
}

fn yes(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("answer y or n".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::AccountKeys;
    use oxen_types::Network;

    fn address(number: u8) -> String {
        let keys = AccountKeys::from_seed(&[number; 32]);
        let view = keys.view_keys();
        Address::new(AddressKind::Standard, view.spend, view.view_public())
            .unwrap()
            .encode(&Network::regtest().address_prefixes)
    }

    fn wizard() -> Wizard {
        Wizard::new(Terms {
            requirement: "100".parse().unwrap(),
            operator_minimum: "25".parse().unwrap(),
            most_contributors: 10,
            prefixes: Network::regtest().address_prefixes,
            network: "regtest".to_owned(),
        })
    }

    /// Gives answers of which all but the last lead to another question.
    fn answers(wizard: &mut Wizard, answers: &[&str]) -> Progress {
        let (last, first) = answers.split_last().unwrap();
        for answer in first {
            assert_eq!(wizard.answer(answer), Progress::Next, "{answer}");
        }
        wizard.answer(last)
    }

    #[test]
    fn a_solo_operator_is_not_asked_for_a_fee() {
        let operator = address(1);
        let done = answers(&mut wizard(), &[&operator, "max", "y"]);
        let Progress::Done(registration) = done else {
            panic!("{done:?}")
        };
        assert_eq!(registration.fee.percent(), "100.00");
        assert_eq!(registration.parts.len(), 1);
        assert_eq!(registration.parts[0].amount, "100".parse().unwrap());
    }

    #[test]
    fn parts_are_reserved_and_the_rest_stays_open() {
        let mut wizard = wizard();
        let (first, second) = (address(1), address(2));
        assert_eq!(
            answers(&mut wizard, &[&first, "min", "y", &second, "min", "n", "12.5"]),
            Progress::Next
        );
        let summary = wizard.summary().unwrap();
        assert!(
            summary.contains("25 OXEN") && summary.contains("Fee of the operator: 12.50 %"),
            "{summary}"
        );
        // 75 are open to nine people after the operator took a quarter.
        assert!(
            summary.contains("8.333333333 OXEN") && summary.contains("66.666666667 OXEN"),
            "{summary}"
        );
        let Progress::Done(registration) = wizard.answer("y") else {
            panic!("not done")
        };
        assert_eq!(registration.parts.len(), 2);
        assert_eq!(registration.fee.percent(), "12.50");
    }

    #[test]
    fn wrong_answers_are_asked_again_with_what_would_do() {
        let mut wizard = wizard();
        let operator = address(1);
        let again = |progress: Progress, words: &str| match progress {
            Progress::Again(text) => assert!(text.contains(words), "{text}"),
            other => panic!("{other:?}"),
        };
        again(wizard.answer("back"), "first question");
        again(wizard.answer("nonsense"), "not an address");
        let mainnet = "L8ssYFtxi1HTFQdbmG9Jt71tNUj1Y2cLYPQvvE2BGhYbJFbUKKLDMGjEZsTEzpQs8pbWPr7X3zTZvKbcxZ5dLdRo7rTGpTa";
        assert!(matches!(wizard.answer(mainnet), Progress::Again(_)));
        assert_eq!(wizard.answer(&operator), Progress::Next);
        again(wizard.answer("24.999999999"), "at least 25 OXEN");
        again(wizard.answer("100.000000001"), "at most 100 OXEN");
        again(wizard.answer("much"), "no amount of OXEN");
        assert_eq!(answers(&mut wizard, &["50", "y"]), Progress::Next);
        again(wizard.answer(&operator), "has its part already");
        assert_eq!(answers(&mut wizard, &[&address(2), "max"]), Progress::Next);
        again(wizard.answer("100.01"), "0 to 100");
        again(wizard.answer("1.234"), "two decimals");
        assert_eq!(wizard.answer("10"), Progress::Next);
        again(wizard.answer("n"), "back");
    }

    #[test]
    fn back_takes_an_answer_back_and_cancel_ends() {
        let mut wizard = wizard();
        let operator = address(1);
        assert_eq!(answers(&mut wizard, &[&operator, "min", "back", "max"]), Progress::Next);
        assert!(wizard.summary().unwrap().contains("100 OXEN"));
        assert_eq!(answers(&mut wizard, &["back", "back", "CANCEL"]), Progress::Cancelled);
    }

    #[test]
    fn the_tenth_contributor_takes_all_that_is_left() {
        let mut wizard = wizard();
        let operator = address(1);
        answers(&mut wizard, &[&operator, "min"]);
        for number in 2..10 {
            assert_eq!(answers(&mut wizard, &["y", &address(number), "min"]), Progress::Next);
        }
        assert_eq!(answers(&mut wizard, &["y", &address(10)]), Progress::Next);
        assert_eq!(wizard.least(), wizard.open());
        assert_eq!(wizard.answer("min"), Progress::Next);
        assert!(wizard.question().contains("Fee"), "{}", wizard.question());
    }
}

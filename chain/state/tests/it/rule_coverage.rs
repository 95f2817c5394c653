//! A table of cases, one for each variant of an error type, that fails when a variant has none.

/// Names every variant of an error enum: a `match` without wildcard, so that a new variant does not compile until it is
/// listed, and once listed must have a case.
macro_rules! variants {
    ($name:ident of $type:ident: $($variant:ident),+ $(,)?) => {
        struct $name;

        impl $crate::rule_coverage::Variants for $name {
            type Error = $type;
            const ALL: &'static [&'static str] = &[$(stringify!($variant)),+];

            fn name(error: &$type) -> &'static str {
                match error {
                    $($type::$variant { .. } => stringify!($variant),)+
                }
            }
        }
    };
}
pub(crate) use variants;

/// The variants of an error type by name.
pub(crate) trait Variants {
    /// The type.
    type Error: std::fmt::Debug;
    /// Every name.
    const ALL: &'static [&'static str];

    /// The name of this one's variant.
    fn name(error: &Self::Error) -> &'static str;
}

/// The variant a case must bring about, and how.
pub(crate) type Case<E> = (&'static str, fn() -> E);

/// Runs every case: each must end in exactly its variant, and every variant must have one.
pub(crate) fn check<V: Variants>(cases: &[Case<V::Error>]) {
    for (variant, case) in cases {
        let error = case();
        assert_eq!(V::name(&error), *variant, "{error:?}");
    }
    let uncovered: Vec<_> = V::ALL
        .iter()
        .filter(|variant| !cases.iter().any(|(covered, _)| covered == *variant))
        .collect();
    assert!(uncovered.is_empty(), "no test brings about {uncovered:?}");
}

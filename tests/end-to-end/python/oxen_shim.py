"""Teaches PyPI's `monero` library Oxen's address prefixes and decimals.

Import this before anything else of the library:

    import oxen_shim
    from monero.daemon import Daemon
    daemon = Daemon(host="127.0.0.1", port=22023)

It covers mainnet and regtest, whose address prefixes are one byte like Monero's. Amounts: the library counts 12 decimals, Oxen
has 9; without this file `Decimal("1")` would mean 1000 OXEN.
"""
from decimal import Decimal

from monero import const, numbers

const.MASTERADDR_NETBYTES = (114, 53, 24)
const.INTADDRR_NETBYTES = (115, 54, 25)
const.SUBADDR_NETBYTES = (116, 63, 36)

numbers.PICONERO = Decimal("0.000000001")


def to_atomic(amount):
    """Atomic units of an amount of OXEN; fractions of a unit are an error, not rounded away."""
    atomic = Decimal(amount) * 10**9
    if atomic != int(atomic):
        raise ValueError("an amount of OXEN has at most 9 decimals")
    return int(atomic)


numbers.to_atomic = to_atomic

"""The label of a summary, from what was checked in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...index.domain.trust import Reason, Trust
from .consistency.claims import Claim

_CONFIRMED = (2, 2, 1)  # figures, names and sentences that a supported summary shows
_MOST_CONTRADICTED = 10
_NAMES_ENOUGH = 2  # names that must agree where no figure and no sentence does
_QUOTE = 200  # characters of a title


def verdict(claims: Sequence[Claim], wrong_paper: str | None, its_text: str = "") -> Trust:
    """The label of a summary, with what decided it.

    Args:
        claims: what was checked.
        wrong_paper: the paper that the summary speaks of, where it is not its own.
        its_text: that paper's title and abstract.
    """
    against = [claim for claim in claims if claim.outcome == "contradicted"][:_MOST_CONTRADICTED]
    reasons = [_reason(claim) for claim in against]
    if wrong_paper:
        message = f"wrong paper? Its words are nearer to the abstract of {wrong_paper} than to its own"
        reasons.insert(0, Reason("wrong_paper", message, 0, 0, its_text.partition("\n")[0][:_QUOTE]))
    if reasons:
        return Trust("contradicted", (*reasons, _counts(claims)), wrong_paper)
    agreeing = [claim for claim in claims if claim.outcome == "supported"]
    if not _enough(agreeing):
        return Trust("unchecked", (_counts(claims),))
    return Trust("supported", (*map(_reason, _shown(agreeing)), _counts(claims)))


def _enough(agreeing: Sequence[Claim]) -> bool:
    names = sum(claim.code == "name" for claim in agreeing)
    return names >= _NAMES_ENOUGH or names < len(agreeing)


def _shown(agreeing: Sequence[Claim]) -> list[Claim]:
    """A few of each kind, figures before names before sentences, and nothing twice."""
    once = list({(claim.code, claim.message, claim.against): claim for claim in reversed(agreeing)}.values())[::-1]
    kinds = [[claim for claim in once if claim.code == code] for code in ("number", "name", "meaning")]
    return [claim for kind, most in zip(kinds, _CONFIRMED, strict=True) for claim in kind[:most]]


def _reason(claim: Claim) -> Reason:
    return Reason(claim.code, claim.message, claim.start, claim.end, claim.against)


def _counts(claims: Sequence[Claim]) -> Reason:
    """How many claims of each kind came out how, for the reader who asks what the label rests on."""
    counted = Counter((claim.code, claim.outcome) for claim in claims)
    parts = [f"{code}: {number} {outcome.replace('_', ' ')}" for (code, outcome), number in sorted(counted.items())]
    return Reason("checked", "; ".join(parts) or "nothing could be checked", 0, 0)

"""The trust verdict on a summary, from its checked claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...index.domain.trust import Reason, Trust
from .consistency.claims import CheckedClaim

_MAX_SUPPORTED = {"number": 2, "name": 2, "meaning": 1}  # claims of each kind that a supported summary shows
_MAX_CONTRADICTED = 10
_MIN_NAMES = 2  # supported names that suffice without a supported figure or sentence
_MAX_QUOTE = 200  # characters of a title


def make_verdict(claims: Sequence[CheckedClaim], wrong_paper: str | None, wrong_paper_text: str = "") -> Trust:
    """Return the verdict on a summary, with the decisive claims.

    Args:
        claims: the checked claims.
        wrong_paper: the paper that the summary is about if it is not its own; else None.
        wrong_paper_text: title and abstract of that paper.
    """
    contradicted = [claim for claim in claims if claim.outcome == "contradicted"][:_MAX_CONTRADICTED]
    reasons = [_reason(claim) for claim in contradicted]
    if wrong_paper:
        message = f"wrong paper? The text is more similar to the abstract of {wrong_paper} than to its own"
        reasons.insert(0, Reason("wrong_paper", message, 0, 0, wrong_paper_text.partition("\n")[0][:_MAX_QUOTE]))
    if reasons:
        return Trust("contradicted", (*reasons, _counts(claims)), wrong_paper)
    supported = [claim for claim in claims if claim.outcome == "supported"]
    if not _is_sufficient(supported):
        return Trust("unchecked", (_counts(claims),))
    return Trust("supported", (*map(_reason, _representative(supported)), _counts(claims)))


def _is_sufficient(supported: Sequence[CheckedClaim]) -> bool:
    names = sum(claim.code == "name" for claim in supported)
    return names >= _MIN_NAMES or names < len(supported)


def _representative(supported: Sequence[CheckedClaim]) -> list[CheckedClaim]:
    """Return a few claims of each kind without duplicates: figures, then names, then sentences."""
    distinct = list({(claim.code, claim.message, claim.against): claim for claim in reversed(supported)}.values())[::-1]
    return [
        claim
        for code, limit in _MAX_SUPPORTED.items()
        for claim in [claim for claim in distinct if claim.code == code][:limit]
    ]


def _reason(claim: CheckedClaim) -> Reason:
    return Reason(claim.code, claim.message, claim.start, claim.end, claim.against)


def _counts(claims: Sequence[CheckedClaim]) -> Reason:
    """Return the number of claims of each kind and outcome, as the basis of the label."""
    counts = Counter((claim.code, claim.outcome) for claim in claims)
    parts = [f"{code}: {number} {outcome.replace('_', ' ')}" for (code, outcome), number in sorted(counts.items())]
    return Reason("checked", "; ".join(parts) or "nothing could be checked", 0, 0)

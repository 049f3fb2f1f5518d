"""Transliteration: how a Hangul word may denote a Latin name, by sound, letter by letter, or without an ending."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..analysis.latin import stem
from .phonetics import hangul_phonemes

_LETTERS = {
    name[:-1]: name[-1]
    for name in (
        "에이a 비b 씨c 시c 디d 이e 에프f 지g 에이치h 아이i 제이j 케이k 엘l 엠m 엔n 오o 피p 큐q 알r 아르r 에스s 티t 유u "
        "브이v 더블유w 더블류w 엑스x 와이y 제트z "
    ).split()
}
_LETTER_NAME = "|".join(sorted(_LETTERS, key=lambda name: -len(name)))
_ACRONYM = re.compile(rf"(?:{_LETTER_NAME})+")
_FIRST_LETTER_NAME = re.compile(_LETTER_NAME)
# Letter names that hardly occur in other words.
_UNAMBIGUOUS = re.compile(r"에이|에프|제이|케이|엘|엠|엔|아르|에스|브이|더블[유류]|엑스|와이|제트|큐")
_LATIN_FIRST, _LATIN_LAST = re.compile(r"([a-z]+)([가-힣]*)"), re.compile(r"([가-힣]+)([a-z]+)")
# Endings that the stemmer removes, one per item: phonemes at the end of the Hangul word ">" phonemes that replace them
# ">" spellings of the ending, separated by slashes. 디퓨전 (..jvn) is diffus + ion, a term of the index.
_ENDINGS = """
2syvn>>ation 2syvn>2t>ion syvn>t>ion syvn>s>ion jvn>s>ion iN>>ing v>>er/or/r iK>>ic iKs>>ics s>>s/es j>>s/es
mvnt>>ment vnt>>ent/ant iti>>ity vti>>ity aL>>al vL>>al id>>ed d>>ed e>>e
"""
_ENDING_COST = 0.08  # of a removed ending, of a part spelled out; twice that of a removed plural s
# Every syllable with which Chinese characters are read: words of these alone are most likely Korean.
_SINO = frozenset(
    "가각간갈감갑강개객갱갹거건걸검겁격견결겸경계고곡곤골공과곽관괄광괘괴굉교구국군굴궁권궐궤귀규균귤극근글금급긍기긴길김끽나낙난날남납낭"
    "내냉녀년념녕노농뇌뇨누눌뉴능니닉다단달담답당대덕도독돈돌동두둔둘득등라락란람랍랑래랭략량려력련렬렴렵령례로록론롱뢰료룡루류륙륜률"
    "륭륵름릉리린림립마막만말망매맥맹멱면멸명모목몰몽묘무묵문물미민밀박반발방배백번벌범법벽변별병보복본볼봉부북분불붕비빈빙사삭산살삼"
    "삽상색생서석선설섬섭성세소속손솔송쇄쇠수숙순술숭슬습승시식신실심십쌍아악안알암압앙애액야약양어억언얼엄업여역연열염엽영예오옥온올옹와"
    "완왈왕왜외요욕용우욱운울웅원월위유육윤율융은을음읍응의이익인일임입잉자작잔잠잡장재쟁저적전절점접정제조족존졸종좌죄주죽준중즉즐즙증지"
    "직진질짐집징차착찬찰참창채책처척천철첨첩청체초촉촌총촬최추축춘출충췌취측층치칙친칠침칩칭쾌타탁탄탈탐탑탕태택토통퇴투특파판팔패팽편평"
    "폐포폭표품풍피필핍하학한할함합항해핵행향허헌헐험혁현혈혐협형혜호혹혼홀홍화확환활황회획횡효후훈훤훼휘휴휼흉흑흔흘흠흡흥희힐"
    "게그너느늘까꾸따때또뒤뜻못밖바새쓰씨앞옆쪽짜틈흐름움슷"  # and a few of which Korean words are made
)
# Native words that are names of models as well.
_MODEL_NAMES = frozenset("소라 파이".split())


@dataclass(frozen=True, slots=True)
class Transliteration:
    """One reading of a Hangul word as a Latin name.

    Attributes:
        phonemes: phonemes of the part that is read by sound (`phonetics.hangul_phonemes`).
        letters: Latin letters of the part that is spelled out.
        letters_first: whether the letters come before the phonemes.
        endings: spellings of an ending that `phonemes` leaves out; empty where none is.
        cost: distance added to every match of this reading.
    """

    phonemes: str
    letters: str = ""
    letters_first: bool = False
    endings: tuple[str, ...] = ()
    cost: float = 0.0

    def accepts(self, term: str) -> bool:
        """Return whether the stemmer reduces a word with this ending to an index term."""
        return not self.endings or any(
            stem(start + ending) == term for ending in self.endings for start in (term, term + term[-1])
        )


def looks_foreign(word: str) -> bool:
    """Return whether a Hangul word looks borrowed: it starts with ㄹ or has a syllable that no Chinese character has.

    Words with other letters and a few names of models (소라, 파이) count as foreign.
    """
    hangul = [letter for letter in word if "가" <= letter <= "힣"]
    if len(hangul) < len(word) or word in _MODEL_NAMES or "라" <= word[0] < "마":
        return True
    return not _SINO.issuperset(hangul)


def transliterations(word: str) -> list[Transliteration]:
    """Return the readings of a word of Hangul and small Latin letters; none for other words."""
    if mixed := _LATIN_FIRST.fullmatch(word):
        return [Transliteration(hangul_phonemes(mixed[2]), mixed[1], letters_first=True)]
    if mixed := _LATIN_LAST.fullmatch(word):
        return [Transliteration(hangul_phonemes(mixed[1]), mixed[2]), *_spelled_out(mixed[1], mixed[2])]
    if not all("가" <= letter <= "힣" for letter in word):
        return []
    phonemes = hangul_phonemes(word)
    found = [Transliteration(phonemes), *_spelled_out(word, "")]
    for sound, replacement, endings in (ending.split(">") for ending in _ENDINGS.split()):
        if phonemes.endswith(sound) and len(phonemes) - len(sound) > 2:
            stem_phonemes = phonemes[: -len(sound)] + replacement
            cost = 2 * _ENDING_COST if sound == "s" else _ENDING_COST
            found.append(Transliteration(stem_phonemes, endings=tuple(endings.split("/")), cost=cost))
    return found


def _spelled_out(hangul: str, latin: str) -> list[Transliteration]:
    """Return readings of a word that ends with, starts with or consists of letter names: 메타유에이에스, 지피티.

    Args:
        hangul: the Hangul part.
        latin: Latin letters after it.
    """
    for at in range(len(hangul)):
        letters = _acronym(hangul[at:])
        if letters and (at != 1 or len(letters) > 2):
            return [Transliteration(hangul_phonemes(hangul[:at]), letters + latin, cost=_ENDING_COST if at else 0.0)]
    for at in range(len(hangul) - 1, 1, -1):
        letters = "" if latin else _acronym(hangul[:at])
        if letters:
            return [Transliteration(hangul_phonemes(hangul[at:]), letters, letters_first=True, cost=_ENDING_COST)]
    return []


def _acronym(hangul: str) -> str:
    """Return the letters that a word names; empty unless there are two with an unambiguous name, or three."""
    if not _ACRONYM.fullmatch(hangul):
        return ""
    names = _FIRST_LETTER_NAME.findall(hangul)
    if len(names) < 2 or not (_UNAMBIGUOUS.search(hangul) or len(names) > 2):
        return ""
    return "".join(_LETTERS[name] for name in names)

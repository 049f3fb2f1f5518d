"""The words of the pages in Korean and English, and the choice between the two."""

from __future__ import annotations

from typing import cast, get_args

from starlette.requests import Request

from ...index.domain.papers import Language

COOKIE = "lang"

TEXTS: dict[str, tuple[str, str]] = {
    # page furniture
    "ask": ("질문", "Ask"),
    "days": ("날짜별", "Days"),
    "papers": ("논문", "Papers"),
    "search": ("검색", "Search"),
    "skip": ("본문으로 건너뛰기", "Skip to content"),
    "tagline": (
        "AI 논문에 대한 질문에 정확한 인용으로 답합니다",
        "Questions about AI papers, answered with exact quotations",
    ),
    "language": ("언어", "Language"),
    "index_holds": (
        "논문 {papers:,}편 · 요약 {entries:,}개 · 다이제스트 {days:,}일",
        "{papers:,} papers · {entries:,} summaries · {days:,} digests",
    ),
    "last_ingest": ("마지막 수집 {time}", "Last ingest {time}"),
    "page_title": ("{title} · 논문", "{title} · nonmun"),
    # ask
    "question": ("질문", "Question"),
    "placeholder": ("예: KV 캐시를 줄이는 논문은?", "For example: which papers shrink the KV cache?"),
    "send": ("물어보기", "Ask"),
    "examples": ("최신 다이제스트에서", "From the newest digest"),
    "example": ("{name} 논문은 무엇을 제안해?", "What does {name} propose?"),
    "filters": ("조건", "Filters"),
    "since": ("시작일", "From"),
    "until": ("종료일", "To"),
    "by_published": ("arXiv 발표일 기준", "By publication on arXiv"),
    "section": ("섹션", "Section"),
    "source": ("출처", "Source"),
    "text_lang": ("글의 언어", "Language of the text"),
    "trust": ("신뢰도", "Trust"),
    "author": ("저자", "Author"),
    "category": ("분야 (예: cs.CL)", "Category (such as cs.CL)"),
    "any": ("모두", "Any"),
    "abstract": ("초록", "Abstract"),
    "understood": ("이렇게 이해했습니다", "Understood as"),
    "remove_filter": ("{what} 조건 빼기", "Remove {what}"),
    "corrected": ("고쳐 읽음: {text}", "Read as: {text}"),
    "citations": ("인용", "Quotations"),
    "citation": ("인용 {number}", "Quotation {number}"),
    "in_place": ("원문에서 보기", "Show in its place"),
    "from_summary": ("{day} 다이제스트 요약", "Summary in the digest of {day}"),
    "from_abstract": ("논문 초록", "The paper's abstract"),
    "follow_up": ("이어서 질문하기", "Ask a follow-up"),
    "new_question": ("새 질문", "New question"),
    "conversation": ("이전 질문", "Earlier questions"),
    "confidence_high": ("논문이 직접 말하는 답입니다", "The papers state this"),
    "confidence_low": (
        "그대로 말하는 논문은 없고, 가장 가까운 논문입니다",
        "Nothing says it outright; these come nearest",
    ),
    "confidence_none": ("답할 수 없습니다", "Not answered"),
    "unsupported": ("논문에 없는 말: {words}", "Not in the papers: {words}"),
    "written": (
        "언어 모델이 쓰고 인용으로 검증한 답입니다",
        "Written by a language model and checked against the quotations",
    ),
    # search
    "evidence": ("근거", "Evidence"),
    "no_results": (
        "찾은 논문이 없습니다. 조건을 줄이거나 다른 말로 물어보세요.",
        "No papers found. Remove filters, or use other words.",
    ),
    "results": ("논문 {count}편", "{count} papers"),
    # paper
    "authors": ("저자", "Authors"),
    "categories": ("분야", "Categories"),
    "published": ("발표", "Published"),
    "digests_of_paper": ("다이제스트", "Digests"),
    "links": ("링크", "Links"),
    "pdf": ("PDF", "PDF"),
    "no_abstract": ("초록이 아직 없습니다.", "The abstract is not here yet."),
    "summary_of": ("{day} 요약", "Summary of {day}"),
    "reasons": ("이 신뢰도의 이유", "Why this label"),
    "against": ("초록에는", "The abstract says"),
    "similar": ("비슷한 논문", "Similar papers"),
    "ask_about": ("이 논문에 대해 묻기", "Ask about this paper"),
    "export": ("내보내기", "Export"),
    "quoted_here": ("인용한 곳", "Quoted here"),
    "history": ("이전 판", "Earlier versions"),
    "wrong_paper": ("다른 논문({paper})의 요약일 수 있습니다", "This may be a summary of another paper ({paper})"),
    # trust labels
    "trust_supported": ("초록과 일치", "Supported by the abstract"),
    "trust_contradicted": ("초록과 어긋남", "Contradicted by the abstract"),
    "trust_unchecked": ("확인 안 됨", "Not checked"),
    "trust_invented": ("제목에서 지어냄", "Invented from the title"),
    "trust_refused": ("요약 거부", "Refused"),
    # days
    "all_days": ("모든 날짜", "All days"),
    "day_papers": ("논문 {count}편, 새 논문 {new}편", "{count} papers, {new} new"),
    "new": ("새 논문", "New"),
    "repeated": ("{day}에도 실림", "Also on {day}"),
    "earlier": ("이전", "Earlier"),
    "later": ("다음", "Later"),
    "newest": ("최신 논문", "Newest papers"),
    "feed": ("피드로 받아보기", "Follow as a feed"),
    "empty_index": (
        "아직 아무것도 없습니다. 명령줄에서 `nonmun ingest 폴더`로 다이제스트를 넣으세요.",
        "There is nothing here yet. Add digests on the command line: `nonmun ingest FOLDER`.",
    ),
    # errors
    "error": ("오류", "Error"),
    "busy": ("질문이 몰려 있습니다. 잠시 뒤에 다시 시도하세요.", "Too many questions at once. Try again in a moment."),
    "back": ("처음으로", "Back to the start"),
    # signing in
    "sign_in": ("로그인", "Sign in"),
    "sign_in_note": (
        "이 서비스는 API 키가 필요합니다. 관리자가 `nonmun keys create`로 만듭니다.",
        "This service needs an API key, which its operator creates with `nonmun keys create`.",
    ),
    "sign_in_failed": ("이 키는 유효하지 않습니다.", "This key is not valid."),
    "key": ("API 키", "API key"),
    # sections
    "section_motivation": ("동기", "Motivation"),
    "section_contributions": ("기여", "Contributions"),
    "section_architecture": ("구조", "Architecture"),
    "section_experiments": ("실험", "Experiments"),
    "section_results": ("결과", "Results"),
    "section_limitations": ("한계", "Limitations"),
    "section_future_work": ("향후 과제", "Future work"),
    "section_other": ("기타", "Other"),
    "section_abstract": ("초록", "Abstract"),
    "text_ko": ("한국어", "Korean"),
    "text_en": ("영어", "English"),
    "source_summary": ("요약", "Summary"),
    "source_abstract": ("초록", "Abstract"),
}
"""Korean and English words by key; fields in braces are filled in."""


class Texts:
    """The words of one language.

    Args:
        lang: the language.
    """

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang
        self._at = 0 if lang == "ko" else 1

    @property
    def all(self) -> dict[str, str]:
        """The words by key."""
        return {key: words[self._at] for key, words in TEXTS.items()}

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of a key, with values in place of its fields."""
        return TEXTS[key][self._at].format(**values)


def choose_language(request: Request) -> Language:
    """Return the language of a page: that of the link, else the remembered one, else the browser's preference."""
    for choice in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if choice in get_args(Language):
            return cast("Language", choice)
    return preferred_language(request.headers.get("accept-language", ""))


def preferred_language(header: str) -> Language:
    """Return the language that an `Accept-Language` header prefers (RFC 9110, section 12.5.4); English if neither."""
    best: tuple[float, Language] = (0.0, "en")
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        try:
            quality = float(weight.partition("q=")[2] or 1)
        except ValueError:
            continue
        if name in get_args(Language) and quality > best[0]:
            best = quality, cast("Language", name)
    return best[1]

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
    "filters": ("조건 추가", "Add filters"),
    "since": ("시작일", "From"),
    "until": ("종료일", "To"),
    "by_published": ("arXiv 발표일 기준", "By publication on arXiv"),
    "section": ("부분", "Section"),
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
    # the script of the page for asking
    "searching": ("찾는 중입니다…", "Searching…"),
    "reading": ("논문 {count}편을 읽는 중입니다…", "Reading {count} papers…"),
    "answered": ("답을 마쳤습니다. 인용 {count}개.", "The answer is complete. Quotations: {count}."),
    "stop": ("멈추기", "Stop"),
    "stopped": ("멈추었습니다. 여기까지의 답입니다.", "Stopped. This is the answer so far."),
    "retry": ("다시 시도", "Try again"),
    "cut_off": (
        "연결이 끊겨 답이 여기서 멈췄습니다. 받은 내용은 그대로입니다.",
        "The connection broke, and the answer stops here. What has arrived is kept.",
    ),
    "unreachable": (
        "서비스에 연결할 수 없습니다. 네트워크를 확인하고 다시 시도하세요.",
        "The service cannot be reached. Check the network and try again.",
    ),
    "offline": (
        "오프라인입니다. 저장된 답은 계속 볼 수 있습니다.",
        "You are offline. The answers so far stay here.",
    ),
    "signed_out": ("로그인이 필요합니다.", "Sign in to go on."),
    "copy": ("인용과 함께 복사", "Copy with citations"),
    "copied": ("복사했습니다.", "Copied."),
    "not_copied": ("복사하지 못했습니다.", "It could not be copied."),
    "link_copied": ("링크를 복사했습니다:", "The link has been copied:"),
    "link_made": ("공유 링크:", "Link to share:"),
    "close": ("닫기", "Close"),
    "loading": ("불러오는 중…", "Loading…"),
    "open_paper": ("논문 페이지에서 보기", "Show on the paper's page"),
    "quotation_panel": ("인용한 곳", "The quotation in its place"),
    "conversations": ("이전 대화", "Earlier conversations"),
    "conversations_note": (
        "이 브라우저에만 저장됩니다.",
        "They are stored in this browser only.",
    ),
    "forget": ("모두 지우기", "Delete all"),
    "storage_full": (
        "브라우저에 저장할 공간이 없어 이 대화는 새로 고치면 사라집니다.",
        "The browser has no space left: this conversation is lost when the page is reloaded.",
    ),
    "index_days": (
        "색인에는 {first}부터 {last}까지의 다이제스트가 있습니다.",
        "The index holds digests from {first} to {last}.",
    ),
    # search
    "evidence": ("근거", "Evidence"),
    "no_results": (
        "찾은 논문이 없습니다. 조건을 줄이거나 다른 말로 물어보세요.",
        "No papers found. Remove filters, or use other words.",
    ),
    "results": ("논문 {count}편", "{count} papers"),
    "show_why": ("순위 근거 보기", "Show why they rank here"),
    "hide_why": ("순위 근거 숨기기", "Hide why they rank here"),
    "why_note": (
        "점수는 검색 방법마다 기여한 값을 더한 것입니다. 막대의 길이는 이 페이지의 최고 점수를 기준으로 합니다.",
        "A score is the sum of what each way of searching adds. Bars compare it with the best score of this page.",
    ),
    "why_rank": ("순위 {rank}, 점수 {score}", "Rank {rank}, score {score}"),
    "channel": ("검색 방법", "Way of searching"),
    "rank": ("순위", "Rank"),
    "contribution": ("기여", "Contribution"),
    "channel_dense": ("의미 (임베딩)", "Meaning (embeddings)"),
    "channel_lexical": ("단어 (BM25)", "Words (BM25)"),
    "channel_lexicon": ("번역한 단어", "Translated words"),
    "matched": ("일치한 단어", "Words found"),
    "translated": ("번역으로 찾은 단어", "Found in translation"),
    "missed": ("없는 단어", "Words not found"),
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
    "history": ("이전 판", "Earlier versions"),
    "version_of": ("{day} 요약, {since} ~ {until}", "Summary of {day}, {since} to {until}"),
    "why_edited": ("내용 수정됨", "edited"),
    "why_moved": ("다른 날짜나 파일로 옮겨짐", "moved to another day or file"),
    "compared": (
        "다음 판에서 지워진 말에는 취소선, 추가된 말에는 밑줄을 그었습니다.",
        "Words that the next version removed are struck through; those that it added are underlined.",
    ),
    "not_compared": (
        "비교할 다음 판이 없거나 너무 달라서 글만 보여 줍니다.",
        "Only the text is shown: there is no next version to compare it with, or it differs too much.",
    ),
    "older_versions": ("더 오래된 판 {count}개는 생략했습니다.", "{count} older versions are not shown."),
    "empty_sections": (
        "논문에 대한 정보가 없는 부분은 흐리게 표시했습니다.",
        "Parts that tell nothing about the paper are dimmed.",
    ),
    "wrong_paper": ("다른 논문({paper})의 요약일 수 있습니다", "This may be a summary of another paper ({paper})"),
    # trust labels
    "trust_supported": ("초록과 일치", "Supported by the abstract"),
    "trust_contradicted": ("초록과 어긋남", "Contradicted by the abstract"),
    "trust_unchecked": ("확인 안 됨", "Not checked"),
    "trust_invented": ("제목에서 지어냄", "Invented from the title"),
    "trust_refused": ("요약하지 못함", "Refused"),
    # days
    "all_days": ("모든 날짜", "All days"),
    "months": (
        "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
        "January February March April May June July August September October November December",
    ),
    "month": ("{year}년 {month}", "{month} {year}"),
    "weekdays": ("월 화 수 목 금 토 일", "Mon Tue Wed Thu Fri Sat Sun"),
    "papers_short": ("{count}편", "{count}"),
    "week": ("주", "Wk"),
    "weeks": ("주별", "Weeks"),
    "week_of": ("{year}년 {number}주차", "Week {number} of {year}"),
    "topics": ("주제", "Topics"),
    "no_topic": ("그 밖의 논문", "Other papers"),
    "topics_note": (
        "비슷한 논문끼리 자동으로 묶고, 다른 묶음과 구별되는 말로 이름 붙였습니다.",
        "Similar papers are grouped automatically; words that tell a group from the others are its name.",
    ),
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
    # the state of the service
    "status": ("상태", "Status"),
    "digest_days": ("다이제스트 날짜", "Days with digests"),
    "with_abstract": ("초록 있음 {count:,}편", "{count:,} with an abstract"),
    "summaries": ("요약", "Summaries"),
    "documents": ("다이제스트 문서", "Digest documents"),
    "chunks": ("조각", "Chunks"),
    "published_index": ("색인 판", "Index version"),
    "revision": ("변경 번호", "Revision"),
    "embedding_model": ("임베딩 모델", "Embedding model"),
    "newest_entry": ("마지막 수집", "Last ingest"),
    "none_yet": ("아직 없음", "None yet"),
    "problems": ("읽지 못한 부분", "Problems"),
    "problems_note": (
        "문서에서 읽지 못한 부분입니다. 원문을 고쳐 다시 수집하면 사라집니다.",
        "Parts of documents that could not be read. They go away when a corrected document is ingested.",
    ),
    "problems_shown": ("{count}개 중 {shown}개만 표시합니다.", "{shown} of {count} are shown."),
    "no_problems": ("없습니다.", "None."),
    "document": ("문서", "Document"),
    "line": ("줄", "Line"),
    "message": ("내용", "Message"),
    "ingested": ("수집 시각 (UTC)", "Ingested (UTC)"),
    "by_trust": ("신뢰도별 요약", "Summaries by trust"),
    "by_source": ("초록의 출처 상태", "Papers by state of their abstract"),
    "source_found": ("찾음", "Found"),
    "source_not_found": ("없음", "Not found"),
    "source_failed": ("실패", "Failed"),
    "source_never_tried": ("가져온 적 없음", "Never fetched"),
    "disk": ("디스크 사용량", "Disk use"),
    "part": ("파일 또는 폴더", "File or folder"),
    "size": ("크기", "Size"),
    "total": ("합계", "Total"),
    "keys": ("API 키", "API keys"),
    "keys_off": ("이 서비스는 키를 쓰지 않습니다.", "This service uses no keys."),
    "keys_hidden": (
        "status 권한이 있는 키로 로그인하면 키 목록을 볼 수 있습니다.",
        "Sign in with a key that has the scope status to see the keys.",
    ),
    "no_keys": ("키가 없습니다.", "There are no keys."),
    "key_name": ("이름", "Name"),
    "scopes": ("권한", "Scopes"),
    "last_used": ("마지막 사용", "Last used"),
    "expires": ("만료", "Expires"),
    "never_used": ("사용한 적 없음", "Never"),
    "never_expires": ("없음", "Never"),
    "times_in_utc": ("시각은 UTC입니다.", "Times are in UTC."),
    # errors
    "error": ("오류", "Error"),
    "busy": ("질문이 몰려 있습니다. 잠시 뒤에 다시 시도하세요.", "Too many questions at once. Try again in a moment."),
    "back": ("처음으로", "Back to the start"),
    # why a summary has its trust label; {words} are the summary's own
    "agree_number": (
        "요약의 “{words}”: 초록에도 있는 수치입니다",
        "“{words}” in the summary: the abstract has the same figure",
    ),
    "agree_name": (
        "요약의 “{words}”: 논문 제목이나 초록에도 있는 이름입니다",
        "“{words}” in the summary: the title or the abstract has this name too",
    ),
    "agree_meaning": (
        "요약의 “{words}”: 초록에 비슷한 문장이 있습니다",
        "“{words}” in the summary: the abstract has a similar sentence",
    ),
    "doubt_number": (
        "요약의 “{words}”: 초록의 수치와 다릅니다",
        "“{words}” in the summary: the abstract gives another figure",
    ),
    "doubt_unit": (
        "요약의 “{words}”: 초록의 단위와 다릅니다",
        "“{words}” in the summary: the abstract gives another unit",
    ),
    "doubt_name": (
        "요약의 “{words}”: 논문에 적힌 이름과 다릅니다",
        "“{words}” in the summary: the paper writes this name differently",
    ),
    "reason_wrong_paper": (
        "이 논문의 초록보다 {paper}의 초록에 더 가깝습니다",
        "The summary is more similar to the abstract of {paper} than to this paper's own",
    ),
    "reason_checked": (
        "초록과 비교할 수 있는 수치, 이름, 문장이 부족합니다",
        "Too few of its figures, names and sentences can be compared with the abstract",
    ),
    "reason_no_abstract": (
        "논문의 초록을 알 수 없어 비교하지 못했습니다",
        "The paper's abstract is unknown, so there is nothing to compare with",
    ),
    "reason_no_content": ("논문의 내용이 없는 요약입니다", "The summary says nothing about the paper"),
    "reason_apology": (
        "요약하는 대신 사과합니다: “{words}”",
        "An apology instead of a summary: “{words}”",
    ),
    "reason_title_only": (
        "제목만 보고 썼다고 밝힙니다: “{words}”",
        "It says that it was written from the title: “{words}”",
    ),
    "reason_guess": ("추측이라고 밝힙니다: “{words}”", "It says that it is a guess: “{words}”"),
    "reason_no_access": (
        "논문을 읽지 못했다고 밝힙니다: “{words}”",
        "It says that the paper could not be read: “{words}”",
    ),
    "reason_no_summary": ("요약할 수 없다고 밝힙니다: “{words}”", "It declines to summarize: “{words}”"),
    "reason_place": ("같은 내용 {number}", "Same, place {number}"),
    "paper_has": ("논문에는", "The paper has"),
    "title_of_other": ("그 논문의 제목", "Title of that paper"),
    "legend_agree": ("초록색: 초록과 일치", "Green: agrees with the abstract"),
    "legend_doubt": ("빨간색: 초록과 어긋남", "Red: contradicts the abstract"),
    "legend_admission": (
        "빨간색: 논문을 읽지 못했다고 밝힌 부분",
        "Red: admits that the paper was not read",
    ),
    # lists of papers, and questions about some days
    "search_for": ("검색어", "Search for"),
    "nearest": ("가장 가까운 논문 {count}편", "The {count} nearest papers"),
    "passing": ("조건에 맞는 논문 {count:,}편, 최신순", "Papers that pass the filters, newest first: {count:,}"),
    "none_passing": ("조건에 맞는 논문이 없습니다.", "No paper passes the filters."),
    "pages": ("쪽", "Pages"),
    "earlier_page": ("이전 쪽", "Previous page"),
    "later_page": ("다음 쪽", "Next page"),
    "conditions": ("조건", "Filters"),
    "summaries_of_trust": ("{label}: 요약 {count:,}개", "{label}: {count:,} summaries"),
    "ask_about_day": ("이날의 논문에 질문하기", "Ask about the papers of this day"),
    "ask_about_week": ("이 주의 논문에 질문하기", "Ask about the papers of this week"),
    # what is wrong with a request; those of a field follow its name and value
    "invalid_window": (
        "시작일이 종료일보다 늦습니다. 두 날짜를 바꾸세요.",
        "The first day is after the last one. Swap them.",
    ),
    "invalid_since": ("날짜는 2025-05-16처럼 적으세요.", "write a date such as 2025-05-16."),
    "invalid_until": ("날짜는 2025-05-16처럼 적으세요.", "write a date such as 2025-05-16."),
    "invalid_paper": (
        "arXiv 번호가 아닙니다. 2505.09264처럼 적으세요.",
        "this is not an arXiv id. Write one such as 2505.09264.",
    ),
    "invalid_category": (
        "arXiv 분야가 아닙니다. cs.CL이나 cs처럼 적으세요.",
        "this is not an arXiv category. Write one such as cs.CL or cs.",
    ),
    "invalid_author": ("이름이 아닙니다. 이름이나 성을 적으세요.", "this is not a name. Write a name."),
    "invalid_section": ("목록에 있는 것 가운데 고르세요.", "choose one of the list."),
    "invalid_source": ("목록에 있는 것 가운데 고르세요.", "choose one of the list."),
    "invalid_text": ("목록에 있는 것 가운데 고르세요.", "choose one of the list."),
    "invalid_trust": ("목록에 있는 것 가운데 고르세요.", "choose one of the list."),
    "invalid_by": ("‘digest’나 ‘published’만 쓸 수 있습니다.", "only “digest” and “published” are known."),
    "invalid_q": (
        "질문은 1자 이상 2,000자 이하로 적으세요.",
        "A question has 1 to 2,000 characters.",
    ),
    "invalid_paper_id": (
        "주소의 arXiv 번호가 올바르지 않습니다. 2505.09264와 같은 형식이어야 합니다.",
        "The address holds no arXiv id, such as 2505.09264.",
    ),
    "invalid_digest_date": (
        "주소의 날짜가 올바르지 않습니다. 2025-05-16과 같은 형식이어야 합니다.",
        "The address holds no date, such as 2025-05-16.",
    ),
    "invalid_week": (
        "주소의 주가 올바르지 않습니다. 2025-W20과 같은 형식이어야 합니다.",
        "The address holds no ISO week, such as 2025-W20.",
    ),
    "invalid_start": (
        "인용의 위치가 올바르지 않습니다. 답변의 링크로 다시 들어오세요.",
        "The place of the quotation is not valid. Follow the link of the answer again.",
    ),
    "invalid_turn": (
        "이전 질문을 읽을 수 없습니다. 새로 질문하세요.",
        "The earlier questions cannot be read. Ask a new question.",
    ),
    "invalid_answer": (
        "답변이 손상되었거나 이 서비스의 답변이 아닙니다. 다시 질문하세요.",
        "The answer is damaged, or not one of this service. Ask the question again.",
    ),
    "invalid_offset": ("목록의 위치가 올바르지 않습니다.", "The place in the list is not valid."),
    "invalid_field": ("‘{name}’ 값이 올바르지 않습니다.", "The value of “{name}” is not valid."),
    "failed": ("요청을 처리할 수 없습니다.", "The request cannot be answered."),
    "failed_not_found": ("페이지를 찾을 수 없습니다. 주소를 확인하세요.", "There is no such page. Check the address."),
    "failed_not_found_papers": (
        "이 논문은 색인에 없습니다. 아직 수집하지 않았거나 삭제되었습니다.",
        "This paper is not in the index: it was not ingested yet, or was removed.",
    ),
    "failed_not_found_digests": ("이 날짜의 다이제스트가 없습니다.", "There is no digest of this day."),
    "failed_not_found_weeks": ("이 주의 다이제스트가 없습니다.", "There is no digest of this week."),
    "failed_not_found_answers": (
        "공유된 답변이 없습니다. 주소가 잘못되었거나 삭제되었습니다.",
        "There is no such shared answer: the address is wrong, or it was removed.",
    ),
    "failed_method_not_allowed": (
        "이 주소는 바로 열 수 없습니다.",
        "This address cannot be opened directly.",
    ),
    "failed_overloaded": (
        "질문이 몰려 있습니다. 잠시 뒤에 다시 시도하세요.",
        "Too many questions at once. Try again in a moment.",
    ),
    "failed_busy": (
        "색인을 바꾸는 중입니다. 잠시 뒤에 다시 시도하세요.",
        "The index is being changed. Try again in a moment.",
    ),
    "failed_unavailable": (
        "지금은 답할 수 없습니다. 잠시 뒤에 다시 시도하세요.",
        "The index cannot answer now. Try again in a moment.",
    ),
    "failed_forbidden": ("이 키로는 할 수 없는 일입니다.", "This key does not allow that."),
    "failed_full": (
        "저장할 자리가 없습니다. 관리자에게 알리세요.",
        "There is no room to store more. Tell the operator of this service.",
    ),
    "failed_not_stored": (
        "지금은 답변이나 평가를 저장할 수 없습니다. 관리자에게 알리세요.",
        "Answers and feedback cannot be stored now. Tell the operator of this service.",
    ),
    "failed_unreadable": (
        "공유된 답변의 파일이 손상되어 보여 줄 수 없습니다. 관리자에게 알리세요.",
        "This shared answer is damaged and cannot be shown. Tell the operator of this service.",
    ),
    "failed_busy_answers": (
        "다른 답변을 저장하는 중입니다. 잠시 뒤에 다시 시도하세요.",
        "Other answers are being stored. Try again in a moment.",
    ),
    "failed_busy_feedback": (
        "다른 평가를 저장하는 중입니다. 잠시 뒤에 다시 시도하세요.",
        "Other feedback is being stored. Try again in a moment.",
    ),
    "not_found": ("찾을 수 없음", "Not found"),
    "error_detail": ("자세한 내용 (영어)", "Details"),
    "without_condition": ("이 조건 없이 다시 시도", "Try again without this condition"),
    # signing in
    "sign_in": ("로그인", "Sign in"),
    "sign_in_note": (
        "이 서비스는 API 키가 필요합니다. 관리자가 `nonmun keys create`로 만듭니다.",
        "This service needs an API key, which its operator creates with `nonmun keys create`.",
    ),
    "sign_in_failed": ("이 키는 유효하지 않습니다.", "This key is not valid."),
    "key": ("API 키", "API key"),
    # sharing and judging an answer
    "share": ("답변 공유하기", "Share this answer"),
    "share_note": (
        "이 답변을 저장하고 고정 주소를 만듭니다. 이 서비스를 볼 수 있는 사람은 누구나 그 주소로 열 수 있습니다.",
        "Stores this answer under a fixed address, which everybody who may read here can open.",
    ),
    "shared_answer": ("공유된 답변", "Shared answer"),
    "provenance": ("이 답변의 출처 정보", "How this answer was made"),
    "asked_on": ("질문한 때", "Asked"),
    "as_of": ("기준일 (서울)", "Reference date (Seoul)"),
    "generation": ("색인 판", "Index version"),
    "generation_none": ("게시된 판 없음", "no published version"),
    "model": ("임베딩 모델", "Embedding model"),
    "configuration": ("설정 해시", "Configuration hash"),
    "version": ("nonmun 버전", "nonmun version"),
    "replay": ("같은 질문 다시 하기", "Ask again"),
    "replay_note": (
        "그때의 조건과 기준일로 지금의 색인에 다시 묻고 차이를 보여 줍니다.",
        "Asks the index of today with the same conditions and reference date, and shows what differs.",
    ),
    "replay_same": ("지금 다시 물어도 답이 같습니다.", "Asked again now, the answer is the same."),
    "replay_changed": ("지금 다시 물으면 답이 달라집니다.", "Asked again now, the answer differs."),
    "replay_gone": (
        "지금은 이 답을 할 수 없습니다. 인용한 글이 없어졌거나 답이 거절됩니다.",
        "This answer cannot be given any more: texts that it quotes are gone, or the question is refused.",
    ),
    "then": ("그때", "Then"),
    "now": ("지금", "Now"),
    "differences": ("달라진 점", "Differences"),
    "difference_generation": ("색인 판이 다릅니다", "The index version differs"),
    "difference_model": ("임베딩 모델이 다릅니다", "The embedding model differs"),
    "difference_configuration": ("설정이 다릅니다", "The configuration differs"),
    "ignored_spelling": ("맞춤법 교정 안 함", "Spelling not corrected"),
    "ignored_window": ("질문 속 기간 적용 안 함", "Dates in the question not applied"),
    "ignored_section": ("질문 속 섹션 적용 안 함", "Section in the question not applied"),
    "ignored_papers": ("질문 속 논문으로 한정 안 함", "Not limited to the papers named in the question"),
    "difference_version": ("nonmun 버전이 다릅니다", "The version of nonmun differs"),
    "line_withheld": ("인용한 글이 더 이상 없어 표시하지 않습니다.", "Not shown: the text it quotes is gone."),
    "quotation_gone": ("원문이 삭제되어 표시하지 않습니다", "Not shown: its source was removed"),
    "quotation_changed": (
        "원문이 바뀌어 이 문장이 더 이상 없습니다",
        "Not shown: its source no longer holds these words",
    ),
    "some_withheld": (
        "인용 {total}개 중 {count}개는 원문이 삭제되었거나 바뀌어 표시하지 않습니다.",
        "{count} of {total} quotations are not shown, because their sources were removed or changed.",
    ),
    "feedback": ("이 답변 평가하기", "Rate this answer"),
    "feedback_kind": ("답변이 어땠습니까?", "How was the answer?"),
    "feedback_useful": ("도움이 되었습니다", "Useful"),
    "feedback_wrong_paper": ("질문과 관계없는 논문이 있습니다", "A paper does not fit the question"),
    "feedback_wrong_quotation": ("논문은 맞지만 인용이 맞지 않습니다", "The paper fits, the quotation does not"),
    "feedback_should_have_refused": ("답하지 않았어야 합니다", "It should not have answered"),
    "feedback_should_have_answered": ("답할 수 있는 질문입니다", "It should have answered"),
    "feedback_other": ("기타", "Something else"),
    "feedback_quotation": ("인용 번호 (선택)", "Number of the quotation (optional)"),
    "feedback_note": ("의견 (선택, 2,000자까지)", "Note (optional, at most 2,000 characters)"),
    "feedback_send": ("보내기", "Send"),
    "feedback_thanks": ("의견을 보내 주셔서 감사합니다", "Thank you for your feedback"),
    "feedback_stored": (
        "의견을 저장했습니다. 답변 품질을 평가하고 개선하는 데 쓰입니다.",
        "It has been stored, and helps to measure and improve the answers.",
    ),
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

_SCRIPT_KEYS = (
    *(
        "searching",
        "reading",
        "answered",
        "stop",
        "stopped",
        "retry",
        "cut_off",
        "unreachable",
        "offline",
        "signed_out",
    ),
    *("sign_in", "copy", "copied", "not_copied", "close", "loading", "open_paper", "quotation_panel", "conversations"),
    *("conversations_note", "forget", "storage_full", "busy", "error", "citation", "citations"),
    *("in_place", "from_summary", "from_abstract", "reasons", "understood", "remove_filter", "unsupported", "written"),
    *("follow_up", "question", "feed", "page_title", "share", "share_note", "link_copied", "link_made", "export"),
    *("conversation", "ask", "all_days", "line_withheld", "quotation_gone", "quotation_changed"),
)


class Texts:
    """The words of one language.

    Args:
        lang: the language.
    """

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang
        self._at = 0 if lang == "ko" else 1

    @property
    def of_script(self) -> dict[str, str]:
        """The words that the script of the page for asking needs, by key; fields in braces are left to it."""
        return {key: TEXTS[key][self._at] for key in _SCRIPT_KEYS} | {
            key: words[self._at]
            for key, words in TEXTS.items()
            if key.startswith(("trust_", "confidence_", "feedback"))
        }

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

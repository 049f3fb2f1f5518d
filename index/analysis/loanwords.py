"""Loan words of the field that Kiwi's dictionary lacks or segments differently from context to context.

A hyphen separates the parts of a word of two: together or apart they are one index term.
"""

from __future__ import annotations

_WORDS = """
데이터-셋 파인-튜닝 벤치-마크 멀티-모달 오픈-소스 제로-샷 퓨-샷 원-샷 베이스-라인 체크-포인트 파이프-라인 프레임-워크
워터-마킹 소프트-맥스 드롭-아웃 미니-배치 하이퍼-파라미터 딥-러닝 머신-러닝 딥-페이크 메타-러닝 언-러닝 멀티-태스크
멀티-턴 멀티-헤드 리더-보드 코드-베이스 샌드-박스 백-도어 레드-티밍 온-디바이스 다운-스트림 업-스케일링 인-페인팅
아웃-페인팅 롤-아웃 딥-리서치 타임-스텝 립-싱크 포인트-클라우드 오픈-도메인 오픈-웨이트 스케일-업 바이브-코딩
셀프-어텐션 크로스-어텐션 트랜스포머 프롬프트 토크나이저 임베딩 어텐션 디퓨전 파라미터 아키텍처 인코더 디코더 에이전트
에이전틱 백본 로짓 그래디언트 그라디언트 옵티마이저 스케줄러 에폭 에포크 레이턴시 리랭커 리랭킹 리트리벌 리트리버
샘플링 디노이징 라벨링 어노테이션 크롤링 클리핑 프리트레이닝 증류 프루닝 디스틸레이션 퀀타이제이션 리워드 얼라인먼트
할루시네이션 포이즈닝 컨텍스트 포지셔널 레지듀얼 컨볼루션 컨볼루셔널 세그멘테이션 세그먼테이션 디텍션 가우시안
스플래팅 텍스처링 오케스트레이션 플래닝 리플렉션 트라젝토리 폴리시 매니퓰레이션 임바디드 그라운딩 인퍼런스 디코딩
토크나이징 스파시티 스파스 캐싱 배칭 라우팅 게이팅 메트릭 캡셔닝 캡션 모달리티 부스팅 클러스터링 오버피팅 언더피팅
레귤러라이제이션 웨이트 바이어스 페더레이티드 시맨틱 시멘틱 디버깅 마스킹 패딩 청킹 청크 인덱싱 스펙트로그램
디스크립터 바운딩 오토리그레시브 스페큘레이티브 어블레이션 딥시크 큐웬 챗지피티 지피티 제미나이 미스트랄 젬마 미드저니
허깅페이스 파이토치 텐서플로 텐서플로우 엘엘엠 브이엘엠 유넷
"""

LOAN_WORDS: tuple[str, ...] = tuple(dict.fromkeys(word.replace("-", "") for word in _WORDS.split()))
"""Entries for Kiwi's user dictionary, without hyphens."""

TWO_WORDS: frozenset[tuple[str, str]] = frozenset(
    (first, last) for first, dash, last in (word.partition("-") for word in _WORDS.split()) if dash
)
"""Adjacent nouns that form one word, as (first, second)."""

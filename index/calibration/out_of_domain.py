"""Out-of-domain questions: their similarity to the chunks of an index calibrates the abstention threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..domain.papers import Language

_KOREAN = """
냉장고에서 물이 새는데 어떻게 고쳐?
아이 열이 39도인데 응급실에 가야 하나요?
추석 기차표는 언제부터 예매해?
된장찌개에 넣을 두부는 얼마나 익혀야 해?
월세 계약을 중간에 끝내면 보증금을 돌려받을 수 있나?
겨울에 수도관이 얼지 않게 하려면?
강아지 산책은 하루에 몇 번이 좋아?
무릎이 아플 때 하기 좋은 운동 알려 줘
인천 공항에서 강남까지 버스로 얼마나 걸려?
결혼식 축의금은 보통 얼마를 내?
자동차 엔진 오일은 몇 킬로마다 갈아야 하나
연말 정산에서 안경값도 공제돼?
베란다에서 상추 키우는 법
영국과 프랑스의 백년 전쟁은 왜 일어났나?
고양이 털 알레르기를 줄이는 방법은?
피아노 학원비는 한 달에 얼마야?
감기에 걸렸을 때 먹으면 좋은 차
제일 가까운 약국이 몇 시에 닫아?
유럽 여행 갈 때 유심은 어디서 사?
축구에서 오프사이드가 뭐야?
한강에서 자전거 빌리는 곳
김장 배추를 절이는 데 몇 시간 걸려?
중고 휴대폰 살 때 확인할 점
등산화는 발보다 몇 치수 크게 신어?
조선 시대 과거 시험은 몇 년마다 열렸어?
화성까지 가는 데 얼마나 걸리나?
빨래에서 쉰내가 날 때 없애는 법
여권 사진 규격이 어떻게 돼?
식물이 광합성을 하려면 무엇이 필요한가?
요즘 볼 만한 드라마 추천해 줘
와이파이가 자꾸 끊길 때 해결법
스프레드시트에서 중복된 행을 지우려면?
노트북 배터리를 오래 쓰는 방법
환율이 오르면 물가는 왜 오르나?
국민연금은 몇 살부터 받을 수 있어?
지진이 났을 때 어디로 대피해야 하나
커피 원두는 냉동실에 보관해도 돼?
수영할 때 숨 쉬는 법을 알려 주세요
아파트 층간 소음은 어디에 신고해?
바이올린 줄은 얼마나 자주 갈아?
"""
_ENGLISH = """
My dishwasher does not drain, what should I check?
How much should I tip a taxi driver in New York?
What is a good age to start piano lessons?
how long to boil eggs for a soft yolk
Which documents do I need to renew a passport?
Is it safe to run with a sprained ankle?
cheap flights to Lisbon
How do I get candle wax out of a carpet?
Why did the Roman Empire fall?
best time of the year to plant tulips
How many calories are in a bowl of oatmeal?
What does a red card mean in football?
how to negotiate rent with a landlord
Do I need a visa to visit Vietnam?
Why do cats purr?
What is the boiling point of water on a mountain?
how to remove a stripped screw
Who composed the Four Seasons?
Can I freeze fresh basil?
What should I wear to a summer wedding?
how do vaccines protect against measles
Which side of the road do they drive on in Japan?
How often should a car battery be replaced?
my phone does not charge any more
How do I delete a column in a spreadsheet?
what causes inflation to rise
recommend a board game for four people
How far is the Moon from the Earth?
What is the difference between a crocodile and an alligator?
tips for growing tomatoes on a balcony
How do I knot a bow tie?
When does the pharmacy close on Sundays?
What are the rules of curling?
how to stop hiccups
Why is the sky red at sunset?
which mattress is best for back pain
How do I reset the password of my router?
What is the capital of Mongolia?
how to write a letter of resignation
When was the printing press invented?
"""


def unrelated() -> Mapping[Language, Sequence[str]]:
    """Return the questions by language: household, health, travel, law, sports, history, nature, everyday computing."""
    return {"ko": _KOREAN.strip().splitlines(), "en": _ENGLISH.strip().splitlines()}

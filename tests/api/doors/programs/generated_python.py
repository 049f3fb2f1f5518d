"""openapi-python-client: a client generated from the document that the service serves, and calls with it."""

import importlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

url, key, question, paper_id = sys.argv[1:]
folder = Path(tempfile.mkdtemp())
generator = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--url", f"{url}/openapi.json"]
done = subprocess.run(
    [*generator, "--output-path", str(folder / "papers_api"), "--meta", "none"],
    capture_output=True,
    text=True,
    check=True,
    env={"PATH": str(Path(sys.executable).parent)},
)
sys.path.insert(0, str(folder))


def operation(tag, name):
    return importlib.import_module(f"papers_api.api.{tag}.{name}")


models, types = importlib.import_module("papers_api.models"), importlib.import_module("papers_api.types")
client = importlib.import_module("papers_api").AuthenticatedClient(base_url=url, token=key, timeout=600)
answer = operation("questions", "ask").sync(client=client, body=models.AskRequest(question=question, k=3))
where = models.Filter(lang=models.FilterLangType0.EN, source=models.FilterSourceType0.ABSTRACT)
results = operation("questions", "search").sync(
    client=client, body=models.SearchRequest(question=question, k=2, where=where)
)
paper = operation("papers", "get_paper").sync(paper_id, client=client)
similar = operation("papers", "similar_papers").sync(paper_id, client=client, k=2)
page = operation("papers", "list_papers").sync(client=client, limit=2, sections=["results"])
days = operation("digests", "list_digests").sync(client=client)
refused = operation("questions", "search").sync_detailed(client=client, body=models.SearchRequest(question=" "))
missing = operation("papers", "get_paper").sync("2101.00001", client=client)
entry = models.NonmunEntry.from_dict({"paper_id": "math.GT/0309136", "digest_date": "2025-03-04", "text": "매듭."})
job = operation("entries", "add_entries").sync(client=client, body=[entry])
while job.status in {models.JobStatus.QUEUED, models.JobStatus.RUNNING}:
    time.sleep(0.2)
    job = operation("entries", "get_job").sync(job.job_id, client=client)
removed = operation("entries", "remove_entry").sync("2025-03-04", "math.GT/0309136", client=client)
stranger = importlib.import_module("papers_api").AuthenticatedClient(base_url=url, token="nm_wrong")
unauthorized = operation("service", "get_status").sync(client=stranger)
print(
    json.dumps(
        {
            "warnings": done.stdout.partition("Generating")[2].splitlines()[1:],
            "answer": answer.to_dict(),
            "results": results.to_dict(),
            "paper": paper.to_dict(),
            "similar": [hit.paper_id for hit in similar.hits],
            "page": page.to_dict(),
            "days": [day.to_dict() for day in days],
            "refused": [refused.status_code, type(refused.parsed).__name__, refused.parsed.to_dict()],
            "missing": [type(missing).__name__, missing.code],
            "job": job.to_dict(),
            "removed": removed.removed,
            "unauthorized": [type(unauthorized).__name__, unauthorized.code],
        }
    )
)

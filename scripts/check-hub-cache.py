"""Reads and fills a cache of the Hugging Face Hub with Python's huggingface_hub, for test/hub/python-cache.ts.

    python scripts/check-hub-cache.py read FILES.json    every file is found without the network, with the right bytes; no warnings
    python scripts/check-hub-cache.py fill FILES.json    every file is downloaded, with the right bytes

HF_HOME and HF_ENDPOINT say where. FILES.json: {"repos": [{"id", "type", "revision", "files": {path: sha256}}]}.
"""

import hashlib
import json
import sys
from pathlib import Path

import huggingface_hub
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download


def sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def main(mode: str, listing: str) -> None:
    repos = json.loads(Path(listing).read_text())["repos"]
    only_local = mode == "read"
    count = 0
    for repo in repos:
        place = {"repo_id": repo["id"], "repo_type": repo["type"], "revision": repo["revision"]}
        for path, expected in repo["files"].items():
            found = hf_hub_download(filename=path, local_files_only=only_local, **place)
            assert sha256(found) == expected, f"{repo['id']}/{path}: expected {expected}, got {sha256(found)}"
            count += 1
        folder = snapshot_download(allow_patterns=list(repo["files"]), local_files_only=only_local, **place)
        assert Path(found).is_relative_to(folder), f"expected {found} in {folder}"
    info = scan_cache_dir()
    assert not info.warnings, f"expected no warnings, got {info.warnings}"
    known = {(repo.repo_id, repo.repo_type, ref) for repo in info.repos for ref in repo.refs}
    for repo in repos:
        key = (repo["id"], repo["type"], repo["revision"])
        assert key in known, f"expected {key} among {known}"
    print(f"huggingface_hub {huggingface_hub.__version__}: {mode} {count} files of {len(repos)} repositories, no warnings")


if __name__ == "__main__":
    main(*sys.argv[1:])

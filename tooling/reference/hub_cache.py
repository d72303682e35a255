"""Checks with huggingface_hub that both libraries read each other's cache.

    python hub_cache.py ours   --cache DIR --repo OWNER/NAME [--endpoint URL] [--revision main] FILE...
    python hub_cache.py theirs --cache DIR --repo OWNER/NAME  --endpoint URL  [--revision main] FILE...

`ours`: DIR was filled by @internvl/runtime-node. huggingface_hub, which may not use the network, must find every FILE
(`hf_hub_download(local_files_only=True)`), the snapshot (`snapshot_download(local_files_only=True)`), and have no warning
about the cache (`scan_cache_dir`).

`theirs`: huggingface_hub downloads every FILE from URL into DIR, for @internvl/runtime-node to find there.

Prints one JSON object: {"huggingface_hub": VERSION, "files": {FILE: {"sha256": ..., "size": ...}}, "snapshot": PATH}.
Ends with code 1 and the reason on stderr when something is not as it should be. Needs huggingface_hub only; nobody needs
this script to build or use the project. `packages/runtime-node/test/hub/python.test.ts` runs it where INTERNVL_PYTHON
names a Python that has huggingface_hub.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path


def main() -> None:
    arguments = parse_arguments()
    # huggingface_hub reads its environment when it is imported. Its own transfer (Xet) is not what is compared here.
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if arguments.endpoint is not None:
        os.environ["HF_ENDPOINT"] = arguments.endpoint
    if arguments.direction == "ours":
        os.environ["HF_HUB_OFFLINE"] = "1"

    import huggingface_hub

    offline = arguments.direction == "ours"
    where = {"repo_id": arguments.repo, "revision": arguments.revision, "cache_dir": arguments.cache}
    files = {}
    for name in arguments.files:
        path = Path(huggingface_hub.hf_hub_download(filename=name, local_files_only=offline, **where))
        content = path.read_bytes()
        files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}

    snapshot = Path(huggingface_hub.snapshot_download(local_files_only=True, allow_patterns=arguments.files, **where))
    missing = [name for name in arguments.files if not (snapshot / name).is_file()]
    if missing:
        fail(f"the snapshot {snapshot} lacks {', '.join(missing)}")
    check_scan(huggingface_hub.scan_cache_dir(arguments.cache), arguments, snapshot)

    version = huggingface_hub.__version__
    print(json.dumps({"huggingface_hub": version, "files": files, "snapshot": str(snapshot)}))


def check_scan(report, arguments, snapshot: Path) -> None:
    """The cache must hold the repository, its revision and the files, and nothing that huggingface_hub wonders about."""
    if report.warnings:
        fail("scan_cache_dir warns: " + "; ".join(str(warning) for warning in report.warnings))
    repos = [repo for repo in report.repos if repo.repo_id == arguments.repo]
    if len(repos) != 1:
        fail(f"scan_cache_dir finds {len(repos)} repositories {arguments.repo}, expected one")
    revisions = [revision for revision in repos[0].revisions if revision.commit_hash == snapshot.name]
    if len(revisions) != 1 or arguments.revision not in {snapshot.name, *revisions[0].refs}:
        fail(f"scan_cache_dir does not find {arguments.revision} at {snapshot.name}")
    found = {file.file_path.relative_to(snapshot).as_posix() for file in revisions[0].files}
    if not set(arguments.files) <= found:
        fail(f"scan_cache_dir finds {sorted(found)}, expected {sorted(arguments.files)}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("direction", choices=["ours", "theirs"], help="who has filled, or is to fill, the cache")
    parser.add_argument("--cache", required=True, help="the folder of the cache")
    parser.add_argument("--repo", required=True, help="OWNER/NAME")
    parser.add_argument("--endpoint", help="the Hub's address; needed for theirs")
    parser.add_argument("--revision", default="main")
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.direction == "theirs" and arguments.endpoint is None:
        parser.error("theirs downloads: it needs --endpoint")
    return arguments


def fail(reason: str) -> None:
    sys.exit(f"hub_cache.py: {reason}")


if __name__ == "__main__":
    main()

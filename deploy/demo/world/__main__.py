"""`python -m deploy.demo.world`: the world as a process."""

import argparse
from pathlib import Path

import uvicorn

from deploy.demo.world.app import application
from shared.stores import Stores


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.world", description=__doc__)
    parser.add_argument("--stores", type=Path, required=True, help="the stores' stores.yaml")
    parser.add_argument("--intake", required=True, help="URL that shops and channels tell")
    parser.add_argument("--logistics", required=True, help="URL that the parcel aggregator tells")
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    args = parser.parse_args()
    app = application(
        Stores.load(args.stores),
        intake=args.intake,
        logistics=args.logistics,
        smtp_port=args.smtp_port,
    )
    uvicorn.run(app, host="127.0.0.1", port=args.http_port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

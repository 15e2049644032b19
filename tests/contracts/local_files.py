"""A folder that callers may read, files in and around it, and names of them."""

import os
from pathlib import Path

from adapters.local_images.folder_images import FolderImages
from domain.requests import MAX_INPUT_BYTES
from tests.testkit.fakes import PNG

SECRET = b"\x89PNG\r\n\x1a\n a secret that is outside"
COMPOSED, DECOMPOSED = "\u00e9t\u00e9.png", "e\u0301te\u0301.png"
SCREENSHOT = "Screenshot 2026-11-27 at 3.04.05\u202fPM.png"


class Desk:
    """A home with a root in it, and what is around them."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.root = self.home / "photos"
        self.outside = folder / "outside"
        for each in (self.root / "2026" / "may", self.outside, self.home / ".ssh"):
            each.mkdir(parents=True)
        self.fox = self.root / "fox.png"
        for file in (self.fox, self.root / "2026" / "may" / "my fox.png", self.home / "near.png"):
            file.write_bytes(PNG.data)
        (self.root / DECOMPOSED).write_bytes(PNG.data)
        (self.root / SCREENSHOT).write_bytes(PNG.data)
        (self.root / "fox.png...").write_bytes(PNG.data)
        (self.root / "50%.png").write_bytes(PNG.data)
        for file in (self.outside / "secret.png", self.home / ".ssh" / "id.png"):
            file.write_bytes(SECRET)
        (folder / "photos2").mkdir()
        (self.home / "photos2").mkdir()
        (self.home / "photos2" / "secret.png").write_bytes(SECRET)
        self._link()
        os.mkfifo(self.root / "pipe.png")
        (self.root / "huge.png").touch()
        os.truncate(self.root / "huge.png", MAX_INPUT_BYTES + 1)
        (self.root / "empty.png").touch()
        (self.root / "folder.png").mkdir()
        (self.root / "locked.png").write_bytes(PNG.data)
        (self.root / "locked.png").chmod(0)

    def _link(self) -> None:
        secret = self.outside / "secret.png"
        (self.root / "inner.png").symlink_to("2026/may/my fox.png")
        (self.root / "year").symlink_to(self.root / "2026")
        (self.root / "hard.png").hardlink_to(self.fox)
        (self.root / "out.png").symlink_to(secret)
        (self.root / "up.png").symlink_to("../../outside/secret.png")
        (self.root / "away").symlink_to(self.outside)
        (self.root / "chain.png").symlink_to("out.png")
        (self.root / "loop.png").symlink_to("loop.png")
        (self.root / "dangling.png").symlink_to("gone.png")
        (self.root / "proc.png").symlink_to("/proc/self/environ")
        (self.root / "fd.png").symlink_to("/dev/fd/0")
        (self.root / "zero.png").symlink_to("/dev/zero")
        (self.outside / "in.png").symlink_to(self.fox)
        (self.home / "linked-root").symlink_to(self.root)

    def source(self, *roots: Path) -> FolderImages:
        folders = [str(each) for each in roots or (self.root,)]
        return FolderImages(folders, home=str(self.home), working_folder=str(self.root))


READ = {
    "a path": "{root}/fox.png",
    "a tilde": "~/photos/fox.png",
    "a file: URL": "file://{root}/fox.png",
    "a file: URL of this machine": "file://localhost{root}/fox.png",
    "a file: URL with one slash": "file:{root}/fox.png",
    "a scheme in capitals": "FILE://{root}/fox.png",
    "an encoded blank": "file://{root}/2026/may/my%20fox.png",
    "an encoded letter": "file://{root}/f%6Fx.png",
    "a blank": "{root}/2026/may/my fox.png",
    "a percent sign in a path": "{root}/50%.png",
    "dots that stay inside": "{root}/2026/../fox.png",
    "the folder itself": "{root}/./fox.png",
    "two slashes": "{root}//fox.png",
    "a relative path": "2026/may/my fox.png",
    "a link to a file inside": "{root}/inner.png",
    "a link to a folder inside": "{root}/year/may/my fox.png",
    "a hard link": "{root}/hard.png",
    "composed letters": "{root}/" + COMPOSED,
    "a screenshot with a usual blank": "{root}/" + SCREENSHOT.replace("\u202f", " "),
    "dots at the end, which are a name here": "{root}/fox.png...",
}

SPELLED = {
    "a blank as a shell escapes it": "{root}/2026/may/my\\ fox.png",
    "a blank as a URL has it": "{root}/2026/may/my%20fox.png",
    "a tilde and an escaped blank": "~/photos/2026/may/my\\ fox.png",
}
"""Paths as other programs write them: what opens them looks for the file that is meant."""

REFUSED = {
    "a file outside": "{outside}/secret.png",
    "a folder with a longer name": "{home}/photos2/secret.png",
    "a file beside the root": "{home}/near.png",
    "a hidden folder": "~/.ssh/id.png",
    "dots that lead out": "{root}/../.ssh/id.png",
    "dots behind a folder": "{root}/2026/../../near.png",
    "dots behind a link": "{root}/away/../near.png",
    "many dots": "{root}/" + "../" * 40 + "etc/passwd",
    "encoded dots": "file://{root}/%2e%2e/.ssh/id.png",
    "an encoded slash": "file://{root}/..%2f.ssh%2fid.png",
    "relative dots": "../near.png",
    "dots behind a tilde": "~/photos/../.ssh/id.png",
    "a link out": "{root}/out.png",
    "a relative link out": "{root}/up.png",
    "a linked folder out": "{root}/away/secret.png",
    "a link to a link out": "{root}/chain.png",
    "a link to itself": "{root}/loop.png",
    "a link to nothing": "{root}/dangling.png",
    "a link to a process": "{root}/proc.png",
    "a link to a descriptor": "{root}/fd.png",
    "a link to a device": "{root}/zero.png",
    "a link from outside to the inside": "{outside}/in.png",
    "a FIFO": "{root}/pipe.png",
    "a folder": "{root}/folder.png",
    "the root": "{root}",
    "the root with a slash": "{root}/",
    "an empty file": "{root}/empty.png",
    "a huge file": "{root}/huge.png",
    "a file as a folder": "{root}/fox.png/x.png",
    "nothing": "{root}/gone.png",
    "a process": "/proc/self/environ",
    "another process": "/proc/1/root/etc/passwd",
    "the working directory of the process": "/proc/self/cwd/fox.png",
    "a descriptor": "/dev/fd/0",
    "standard input": "/dev/stdin",
    "an endless device": "/dev/zero",
    "a terminal": "/dev/tty",
    "the system's folder": "/sys/kernel/notes",
    "the users": "/etc/passwd",
    "a NUL": "{root}/fox.png\0.txt",
    "an encoded NUL": "file://{root}/fox.png%00.txt",
    "a line break": "{root}/fox\n.png",
    "a file: URL of another machine": "file://server/share/fox.png",
    "a file: URL with an address": "file://127.0.0.1{root}/fox.png",
    "a file: URL with a user": "file://me@localhost{root}/fox.png",
    "a file: URL without a path": "file://",
    "a relative file: URL": "file:fox.png",
    "a file: URL that is not UTF-8": "file://{root}/%ff.png",
    "two slashes at the beginning": "//server/share/fox.png",
    "a UNC path": "\\\\server\\share\\fox.png",
    "a device of Windows": "\\\\.\\PhysicalDrive0",
    "a long path of Windows": "\\\\?\\C:\\fox.png",
    "a drive": "C:\\Users\\me\\fox.png",
    "a drive with slashes": "C:/Users/me/fox.png",
    "a drive in a file: URL": "file:///C:/Users/me/fox.png",
    "a drive as a host": "file://C:/Users/me/fox.png",
    "another user": "~root/fox.png",
    "another user's folder": "~daemon",
    "a very long name": "{root}/" + "x" * 300 + ".png",
    "a very long path": "{root}/" + "x/" * 3_000 + "fox.png",
    "full-width dots": "{root}/\uff0e\uff0e/near.png",
    "a full-width slash": "{root}\uff0f..\uff0fnear.png",
    "a lone surrogate": "{root}/\ud800.png",
    "a shell's variable": "{root}/$HOME/fox.png",
    "a pattern": "{root}/*.png",
    "encoded dots in a path": "{root}/%2e%2e/near.png",
    "escaped dots": "{root}/\\.\\./near.png",
    "an encoded NUL in a path": "{root}/fox.png%00.txt",
    "a path that is not UTF-8": "{root}/%ff.png",
    "a blank in the middle of the dots": "{root}/. ./near.png",
}


def named(desk: Desk, name: str) -> str:
    places = {"root": desk.root, "home": desk.home, "outside": desk.outside}
    for place, path in places.items():
        name = name.replace(f"{{{place}}}", str(path))
    return name

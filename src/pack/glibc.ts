/** What the pinned Node needs (Node 24's BUILDING.md). */
const ofNode = "2.28";

/** The names that wheels had before they named the version (PEP 600). */
const legacy: Record<string, string> = { manylinux1: "2.5", manylinux2010: "2.12", manylinux2014: "2.17" };

/** The oldest glibc that the pinned Node and all of these wheels run on, such as `2.28`. Others than wheels need none. */
export function requiredGlibc(fileNames: readonly string[]): string {
  const ofWheels = fileNames.filter((name) => name.endsWith(".whl")).flatMap((name) => oldest(name) ?? []);
  return [ofNode, ...ofWheels].reduce((newest, version) => (isOlder(newest, version) ? version : newest));
}

/** A wheel's last part lists the platforms, with `.` between them: any of them will do. */
function oldest(wheel: string): string | undefined {
  const platforms = wheel.slice(wheel.lastIndexOf("-") + 1).split(".");
  const versions = platforms.flatMap((platform) => {
    const [, major, minor] = /^manylinux_(\d+)_(\d+)_/.exec(platform) ?? [];
    return major && minor ? `${major}.${minor}` : (legacy[platform.split("_")[0] ?? ""] ?? []);
  });
  return versions.sort((a, b) => (isOlder(a, b) ? -1 : 1))[0];
}

function isOlder(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}

import type { EngineId } from "../domain/engine-version.ts";

/**
 * The flags of a driver's JVM but the heap's size. A class-data archive is valid only with the flags that it was made with, so this
 * list is the only one, for making the archive as for sessions.
 */
export function jvmFlags(id: EngineId, javaMajor: number, log4jFile: string): string[] {
  return [
    ...common,
    ...(javaMajor < 24 ? ["--add-opens=java.base/sun.security.action=ALL-UNNAMED"] : []), // a package that 24 removed
    ...(id === "4" ? nettyFlags : []),
    ...(id === "4" && javaMajor >= 23 ? ["--sun-misc-unsafe-memory-access=allow"] : []),
    ...(id === "4" ? ["--enable-native-access=ALL-UNNAMED"] : []),
    // Serial needs the least memory and is no slower up to the 4 GB that a driver has.
    "-XX:+UseSerialGC",
    // Room for what a session has loaded when it has run a few queries, and the least that its heap shrinks to. With less, each time
    // that the heap has grown ends in a full collection, five of them until the first result.
    "-Xms88m",
    "-XX:NewSize=24m",
    // What a full collection has freed goes back at once, but for a fifth; what the C library keeps of freed memory, a little later.
    "-XX:MinHeapFreeRatio=10",
    "-XX:MaxHeapFreeRatio=20",
    "-XX:-ShrinkHeapInSteps",
    "-XX:TrimNativeHeapInterval=15000",
    "-XX:-UsePerfData",
    // The archive stays where it was made for: moved, each JVM has a copy of its own, of 150 MB, and takes 0.1 s to make it. (So it is
    // at the same address in every driver; whoever runs code in one of them needs no address.)
    "-XX:ArchiveRelocationMode=0",
    "-XX:+ExitOnOutOfMemoryError",
    // Ten times the default: the optimizing compiler leaves the start alone and still takes over long work.
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
    // Java 17 would take the locale's, which is ASCII in many containers.
    "-Dfile.encoding=UTF-8",
    // A property, as a conf folder on the class path would make the archive impossible.
    `-Dlog4j2.configurationFile=${log4jFile}`,
  ];
}

/** The flags by which a JVM writes its archive when it ends. */
export function archiveDumpFlags(javaMajor: number, file: string): string[] {
  return javaMajor >= 25 ? [`-XX:AOTCacheOutput=${file}`] : [`-XX:ArchiveClassesAtExit=${file}`];
}

/** `strict`: the JVM refuses to start where the archive does not fit, instead of going on without it. */
export function archiveUseFlags(javaMajor: number, file: string, strict = false): string[] {
  return javaMajor >= 25
    ? [`-XX:AOTCache=${file}`, ...(strict ? ["-XX:AOTMode=on"] : [])]
    : [`-XX:SharedArchiveFile=${file}`, strict ? "-Xshare:on" : "-Xshare:auto"];
}

/**
 * As Spark's own launcher has them (org.apache.spark.launcher.JavaModuleOptions of 3.5.7 and 4.3.0), without
 * `--add-modules=jdk.incubator.vector`, which disables the archived module graph.
 */
const opened = [
  "java.base/java.lang",
  "java.base/java.lang.invoke",
  "java.base/java.lang.reflect",
  "java.base/java.io",
  "java.base/java.net",
  "java.base/java.nio",
  "java.base/java.util",
  "java.base/java.util.concurrent",
  "java.base/java.util.concurrent.atomic",
  "java.base/jdk.internal.ref",
  "java.base/sun.nio.ch",
  "java.base/sun.nio.cs",
  "java.base/sun.util.calendar",
  "java.security.jgss/sun.security.krb5",
].map((name) => `--add-opens=${name}=ALL-UNNAMED`);

const common = [
  "-XX:+IgnoreUnrecognizedVMOptions",
  // Before what they unlock: ArchiveRelocationMode, and TrimNativeHeapInterval on Java 17 and 21 before JDK-8325496.
  "-XX:+UnlockDiagnosticVMOptions",
  "-XX:+UnlockExperimentalVMOptions",
  ...opened,
  "-Djdk.reflect.useDirectMethodHandle=false",
];

const nettyFlags = [
  "-Dio.netty.tryReflectionSetAccessible=true",
  "-Dio.netty.allocator.type=pooled",
  "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
];

package glaux

import java.io.{File, FileNotFoundException, FilterOutputStream, IOException, OutputStream}
import java.net.URI
import java.nio.file.{AtomicMoveNotSupportedException, DirectoryNotEmptyException, Files, FileSystemException}
import java.nio.file.{NoSuchFileException, StandardCopyOption}
import java.util.UUID

import scala.annotation.tailrec

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{CreateFlag, FileAlreadyExistsException, FileStatus, FileSystem, FSDataInputStream}
import org.apache.hadoop.fs.{FSDataOutputStream, FsStatus, Path, PathFilter, RawLocalFileSystem}
import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.util.Progressable

/**
 * Maps `s3://bucket/key` to local files. A bucket is a folder inside the folder that `glaux.buckets` names,
 * and a key is the path of a file inside the bucket. Files appear as objects do on S3: whole, when their
 * writer closes them. Until then they are in the session's attempt folder (see `attempts`).
 *
 * A bucket that is made while a session runs can be used at once, because nothing about buckets is cached.
 */
class BucketFileSystem extends FileSystem {
  private val local = new RawLocalFileSystem
  private var uri: URI = _
  private var bucket: File = _
  private var owner: String = _
  private var workingDirectory: Path = _

  override def initialize(name: URI, conf: Configuration): Unit = {
    super.initialize(name, conf)
    setConf(conf)
    uri = URI.create(s"${name.getScheme}://${name.getAuthority}")
    owner = conf.get(BucketFileSystem.Owner, "unknown")
    bucket = new File(conf.get(BucketFileSystem.Buckets), name.getAuthority)
    workingDirectory = new Path(s"$uri/user/${System.getProperty("user.name")}")
    local.initialize(URI.create("file:///"), conf)
    requireBucket()
  }

  override def getScheme: String = uri.getScheme
  override def getUri: URI = uri
  override def getWorkingDirectory: Path = workingDirectory
  override def setWorkingDirectory(path: Path): Unit = workingDirectory = makeQualified(path)
  // Without this, Hadoop would resolve the bucket's name as a host name.
  override def getCanonicalServiceName: String = null
  override def getStatus(path: Path): FsStatus = local.getStatus(localPath(path))
  override def getDefaultBlockSize(path: Path): Long = local.getDefaultBlockSize(localPath(path))

  /**
   * Turns `s3://bucket` into `s3://bucket/`. Both are the same folder, but Hadoop can name only children of
   * the latter.
   */
  override def makeQualified(path: Path): Path = {
    val qualified = super.makeQualified(path)
    if (qualified.toUri.getPath.isEmpty) new Path(qualified.toUri.getScheme, qualified.toUri.getAuthority, "/")
    else qualified
  }

  /**
   * The attempt folder: it holds the files of this session that must not be visible yet. The folder is in the
   * bucket's root, so that a job that overwrites a table never removes files that other jobs are about to add
   * to the table. S3 requests do not list the folder, and the server removes it when the session has ended.
   */
  def attempts: Path = new Path(s"$uri/${BucketFileSystem.Attempts}/$owner")

  override def open(path: Path, bufferSize: Int): FSDataInputStream =
    named(path) { local.open(localPath(path), bufferSize) }

  override def create(
      path: Path,
      permission: FsPermission,
      overwrite: Boolean,
      bufferSize: Int,
      replication: Short,
      blockSize: Long,
      progress: Progressable): FSDataOutputStream = {
    requireBucket()
    val target = file(path)
    if (target.isDirectory || (!overwrite && target.exists)) throw new FileAlreadyExistsException(s"$path exists")
    val isAttempt = makeQualified(path).toString.startsWith(s"$attempts/")
    val written = if (isAttempt) target else new File(file(attempts), UUID.randomUUID.toString)
    // The permission is not passed on, because Hadoop would start a `chmod` process for each file.
    val stream = local.create(new Path(written.toURI), true, bufferSize, replication, blockSize, progress)
    if (isAttempt) stream
    else new FSDataOutputStream(new Published(stream, written, path, overwrite), statistics)
  }

  override def createNonRecursive(
      path: Path,
      permission: FsPermission,
      flags: java.util.EnumSet[CreateFlag],
      bufferSize: Int,
      replication: Short,
      blockSize: Long,
      progress: Progressable): FSDataOutputStream = {
    if (!file(path).getParentFile.isDirectory) throw new FileNotFoundException(s"${path.getParent} does not exist")
    create(path, permission, flags.contains(CreateFlag.OVERWRITE), bufferSize, replication, blockSize, progress)
  }

  override def append(path: Path, bufferSize: Int, progress: Progressable): FSDataOutputStream =
    throw new UnsupportedOperationException(s"$path cannot be appended to: as on S3, files are written as a whole")

  /**
   * A file replaces a file, and a folder replaces an empty folder. In other cases, if the target is a folder,
   * the source is moved into it. Missing parents of the target are made.
   */
  override def rename(from: Path, to: Path): Boolean = {
    val source = file(from)
    val target = file(to)
    if (!source.exists) throw new FileNotFoundException(s"$from does not exist")
    if (source == target) return true
    val isEmptyFolder = target.isDirectory && source.isDirectory && isEmpty(target)
    move(source, if (target.isDirectory && !isEmptyFolder) new File(target, source.getName) else target)
    true
  }

  /**
   * If `path` is the bucket itself, only its content is removed, without the attempt folders of this and
   * other jobs.
   */
  override def delete(path: Path, recursive: Boolean): Boolean = {
    val target = file(path)
    if (target == bucket) {
      val content = listStatus(path).filter(_.getPath.getName != BucketFileSystem.Attempts)
      if (content.nonEmpty && !recursive) throw new IOException(s"$path is not empty")
      content.forall(status => delete(status.getPath, recursive = true))
    } else if (recursive) local.delete(localPath(path), true)
    else
      // A single system call, which fails if a job has put a file into the folder meanwhile. So there is no
      // race.
      try Files.deleteIfExists(target.toPath)
      catch { case _: DirectoryNotEmptyException => throw new IOException(s"$path is not empty") }
  }

  override def mkdirs(path: Path, permission: FsPermission): Boolean = {
    requireBucket()
    local.mkdirs(localPath(path))
  }

  override def listStatus(path: Path): Array[FileStatus] =
    named(path) { local.listStatus(localPath(path)).map(toBucket) }

  override def getFileStatus(path: Path): FileStatus = named(path) { toBucket(local.getFileStatus(localPath(path))) }

  override def globStatus(pattern: Path): Array[FileStatus] = super.globStatus(makeQualified(pattern))

  override def globStatus(pattern: Path, filter: PathFilter): Array[FileStatus] =
    super.globStatus(makeQualified(pattern), filter)

  override def setTimes(path: Path, modified: Long, accessed: Long): Unit =
    local.setTimes(localPath(path), modified, accessed)

  /** If the file does not exist, the error names the path that the caller knows, and not the local path. */
  private def named[T](path: Path)(look: => T): T =
    try look
    catch { case _: FileNotFoundException => throw new FileNotFoundException(s"$path does not exist") }

  private def file(path: Path): File = {
    checkPath(path)
    val key = makeQualified(path).toUri.getPath
    if (key.split('/').contains("..")) throw new IOException(s"$path leads out of its bucket")
    if (key == "/") bucket else new File(bucket, key)
  }

  private def localPath(path: Path): Path = new Path("file", null, file(path).getPath)

  private def toBucket(status: FileStatus): FileStatus = {
    val key = status.getPath.toUri.getPath.stripPrefix(bucket.getPath)
    val user = System.getProperty("user.name")
    // Owner and permissions are not read from the file, because Hadoop would start an `ls` process for each
    // file.
    new FileStatus(
      status.getLen,
      status.isDirectory,
      1,
      status.getBlockSize,
      status.getModificationTime,
      0,
      if (status.isDirectory) FsPermission.getDirDefault else FsPermission.getFileDefault,
      user,
      user,
      new Path(uri.getScheme, uri.getAuthority, if (key.isEmpty) "/" else key))
  }

  private def requireBucket(): Unit =
    if (bucket.getName.startsWith(".") || !bucket.isDirectory)
      throw new FileNotFoundException(
        s"The bucket ${uri.getAuthority} does not exist. A workgroup's output location makes its bucket.")

  private def isEmpty(folder: File): Boolean = {
    val entries = Files.newDirectoryStream(folder.toPath)
    try !entries.iterator.hasNext
    finally entries.close()
  }

  private def move(source: File, target: File): Unit = withParent(target) {
    try Files.move(source.toPath, target.toPath, StandardCopyOption.ATOMIC_MOVE)
    catch {
      // A part of the bucket is on another disk.
      case _: AtomicMoveNotSupportedException if source.isFile => copyBeside(source, target)
      case _: AtomicMoveNotSupportedException => local.rename(new Path(source.toURI), new Path(target.toURI))
    }
  }

  /**
   * Copies the file to a hidden name beside the target and then renames the copy. Neither S3 listings nor
   * Spark show the hidden name, so nobody sees the file in part.
   */
  private def copyBeside(source: File, target: File): Unit = {
    val copy = new File(target.getParentFile, s".${UUID.randomUUID}.crc").toPath
    try {
      Files.copy(source.toPath, copy)
      Files.move(copy, target.toPath, StandardCopyOption.ATOMIC_MOVE)
    } finally Files.deleteIfExists(copy)
    Files.delete(source.toPath)
  }

  /**
   * Makes the target's folder, and then runs `put`. Both are retried if the folder is missing: a job that
   * overwrites may remove the folder while it is still empty.
   */
  @tailrec
  private def withParent(target: File, tries: Int = 100)(put: => Unit): Unit = {
    target.getParentFile.mkdirs()
    val isPut =
      try {
        put
        true
      } catch { case _: NoSuchFileException if tries > 0 => false }
    if (!isPut) withParent(target, tries - 1)(put)
  }

  /** Moves the file to its target when the stream is closed: whole and atomically. */
  private class Published(stream: OutputStream, written: File, path: Path, overwrite: Boolean)
      extends FilterOutputStream(stream) {
    private val target = file(path)
    private var isClosed = false

    override def write(bytes: Array[Byte], offset: Int, length: Int): Unit = stream.write(bytes, offset, length)

    override def close(): Unit = if (!isClosed) {
      isClosed = true
      try {
        stream.close()
        if (overwrite) move(written, target) else publishOnce()
      } finally Files.deleteIfExists(written.toPath)
    }

    /**
     * Publishes by a hard link: making a link fails if the name exists, so only one of several writers
     * succeeds.
     */
    private def publishOnce(): Unit = {
      try withParent(target) { Files.createLink(target.toPath, written.toPath) }
      catch {
        case _: java.nio.file.FileAlreadyExistsException =>
          throw new FileAlreadyExistsException(s"$path exists")
        // Hard links cannot be made: the target is on another disk, or its file system does not support
        // links.
        case _: FileSystemException if !target.exists => move(written, target)
      }
    }
  }
}

object BucketFileSystem {

  /** The folder in a bucket's root that holds the attempt folders of all sessions. */
  val Attempts = "_temporary"

  /** Hadoop properties: `Buckets` is the folder of all buckets, `Owner` the id of the driver of this JVM. */
  val Buckets = "glaux.buckets"
  val Owner = "glaux.driver"
}

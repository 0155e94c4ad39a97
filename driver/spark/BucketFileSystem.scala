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
 * `s3://bucket/key` on folders: a bucket is a folder in the folder that `glaux.buckets` names, and a key is
 * the file of that path. Files appear as objects do on S3: whole, when their writer closes them. Until then
 * they lie in the session's attempt folder (see `attempts`).
 *
 * A bucket that is made while a session runs is there at once: nothing about buckets is kept in memory.
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
  // Hadoop would look a bucket up as the name of a machine.
  override def getCanonicalServiceName: String = null
  override def getStatus(path: Path): FsStatus = local.getStatus(localPath(path))
  override def getDefaultBlockSize(path: Path): Long = local.getDefaultBlockSize(localPath(path))

  /** `s3://bucket` is the same folder as `s3://bucket/`, of which alone Hadoop can name the children. */
  override def makeQualified(path: Path): Path = {
    val qualified = super.makeQualified(path)
    if (qualified.toUri.getPath.isEmpty) new Path(qualified.toUri.getScheme, qualified.toUri.getAuthority, "/")
    else qualified
  }

  /**
   * Where the files of this session lie that are not to be seen yet. The folder is in the bucket's root, so
   * that a job that overwrites a table never removes what other jobs are about to add to it. S3 requests do
   * not list it, and the server removes it when the session has ended.
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
    // Without the permission: Hadoop would start a `chmod` for each file.
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
   * A file replaces a file, and a folder an empty folder. Otherwise what is moved to a folder gets into that folder. The
   * target's parents are made.
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

  /** Of the bucket itself only the content is removed, and nothing of what other jobs are about to add. */
  override def delete(path: Path, recursive: Boolean): Boolean = {
    val target = file(path)
    if (target == bucket) {
      val content = listStatus(path).filter(_.getPath.getName != BucketFileSystem.Attempts)
      if (content.nonEmpty && !recursive) throw new IOException(s"$path is not empty")
      content.forall(status => delete(status.getPath, recursive = true))
    } else if (recursive) local.delete(localPath(path), true)
    else
      // One call of the system, which takes no folder that a job has put a file into meanwhile.
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

  /** What is not there is called by the name that the caller knows, and not by that of a folder of the machine. */
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
    // Asked for owner and permissions, Hadoop would start an `ls` for each file.
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
      // A part of the bucket is another disk.
      case _: AtomicMoveNotSupportedException if source.isFile => copyBeside(source, target)
      case _: AtomicMoveNotSupportedException => local.rename(new Path(source.toURI), new Path(target.toURI))
    }
  }

  /** First to a name that neither lists of S3 nor Spark show, so that nobody sees the file in part. */
  private def copyBeside(source: File, target: File): Unit = {
    val copy = new File(target.getParentFile, s".${UUID.randomUUID}.crc").toPath
    try {
      Files.copy(source.toPath, copy)
      Files.move(copy, target.toPath, StandardCopyOption.ATOMIC_MOVE)
    } finally Files.deleteIfExists(copy)
    Files.delete(source.toPath)
  }

  /** A job that overwrites may remove the target's folder, empty as it is, before the file is in it. */
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

  /** Puts the file in its place when it is closed: whole, and atomically. */
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

    /** A link is made only where there is no such name, however many writers try. */
    private def publishOnce(): Unit = {
      try withParent(target) { Files.createLink(target.toPath, written.toPath) }
      catch {
        case _: java.nio.file.FileAlreadyExistsException =>
          throw new FileAlreadyExistsException(s"$path exists")
        // No links there: another disk, or a file system that has none.
        case _: FileSystemException if !target.exists => move(written, target)
      }
    }
  }
}

object BucketFileSystem {

  /** The folder in a bucket's root that holds the attempt folders of all sessions. */
  val Attempts = "_temporary"

  /** Hadoop settings: the folder of all buckets, and the id of the driver that this JVM belongs to. */
  val Buckets = "glaux.buckets"
  val Owner = "glaux.driver"
}

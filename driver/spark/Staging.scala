package glaux

import java.io.{FileNotFoundException, IOException}
import java.util.UUID

import scala.collection.mutable.ArrayBuffer

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FileStatus, FileSystem, Path}
import org.apache.hadoop.mapreduce.TaskAttemptContext

import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage

/**
 * A file that waits for its job's commit at the path `staged`. The commit moves the file to the path
 * `target`.
 */
case class StagedFile(staged: String, target: String)

object StagedFile {

  /**
   * The message with which a task reports its files to the driver. It is a map of strings, because a
   * serializer that accepts only registered classes accepts maps of strings.
   */
  def message(files: Seq[StagedFile]): TaskCommitMessage =
    new TaskCommitMessage(files.map(file => file.staged -> file.target).toMap)

  def of(message: TaskCommitMessage): Seq[StagedFile] =
    message.obj.asInstanceOf[Map[String, String]].map { case (staged, target) => StagedFile(staged, target) }.toSeq
}

/**
 * The attempt folders of one job, and the steps of its commit. Each job has attempt folders of its own and
 * removes no others, so any number of jobs may write to one table at once, from any number of sessions.
 *
 * @param jobId differs from the id of every other job
 * @param output the folder that the job writes to
 */
class Staging(jobId: String, output: Path, conf: Configuration) {

  /**
   * The job's attempt folder for `target`. It is on the file system of `target`, because a file cannot be
   * renamed from one bucket to another. Outside of buckets the folder is in the output folder, with the
   * prefix that Spark gives its own staging folders, which Spark does not read.
   */
  def folderFor(target: Path): Path = target.getFileSystem(conf) match {
    case buckets: BucketFileSystem => new Path(buckets.attempts, jobId)
    case _ => new Path(parentFor(target), s"${Staging.Prefix}$jobId")
  }

  /**
   * A new path for a task's file until the commit. It is unique, though files of several partitions share one
   * name.
   */
  def stage(target: Path, context: TaskAttemptContext): StagedFile = {
    val name = s"${context.getTaskAttemptID}-${UUID.randomUUID.toString.take(8)}-${target.getName}"
    StagedFile(new Path(folderFor(target), name).toString, target.toString)
  }

  /** Removes the files of a task that failed. */
  def discard(files: Seq[StagedFile]): Unit = files.foreach(file => removeFile(new Path(file.staged)))

  /**
   * Moves each file to its target. If a file cannot be moved, the files that were moved before are removed
   * again.
   */
  def publish(files: Seq[StagedFile]): Unit = {
    val published = ArrayBuffer.empty[Path]
    try
      files.foreach { file =>
        move(new Path(file.staged), new Path(file.target))
        published += new Path(file.target)
      }
    catch {
      case error: Throwable =>
        published.foreach(removeFile)
        throw error
    }
  }

  /** All files of a folder and of the folders below it, without files that wait for a job's commit. */
  def filesIn(folder: Path): Seq[Path] = {
    val fs = folder.getFileSystem(conf)
    def within(path: Path): Seq[Path] = entries(fs, path).flatMap { entry =>
      if (entry.isFile) Seq(entry.getPath)
      else if (isAttempt(entry.getPath.getName)) Nil
      else within(entry.getPath)
    }
    within(folder)
  }

  /**
   * Removes files. On S3 a folder without files does not exist, so in a bucket folders that become empty are
   * removed too, up to the output folder.
   */
  def remove(files: Seq[Path]): Unit = {
    files.foreach(removeFile)
    for (folder <- files.map(_.getParent).distinct if isInOutput(folder))
      foldersFrom(folder).takeWhile(_ != qualified(output)).takeWhile(removeEmptyFolder).foreach(_ => ())
  }

  /** Removes the job's attempt folders on the file systems of the output and of the given targets. */
  def clear(targets: Seq[Path]): Unit =
    (output +: targets).map(folderFor).distinct.foreach(folder => folder.getFileSystem(conf).delete(folder, true))

  private def isAttempt(name: String) = name == BucketFileSystem.Attempts || name.startsWith(Staging.Prefix)

  private def parentFor(target: Path): Path =
    if (isInOutput(target)) output else target.getParent

  private def isInOutput(path: Path): Boolean = foldersFrom(path).contains(qualified(output))

  /** The path itself and all folders above it. */
  private def foldersFrom(path: Path): Iterator[Path] =
    Iterator.iterate(qualified(path))(_.getParent).takeWhile(_ != null)

  private def qualified(path: Path): Path = path.getFileSystem(conf).makeQualified(path)

  private def move(staged: Path, target: Path): Unit = {
    val fs = target.getFileSystem(conf)
    fs.mkdirs(target.getParent)
    if (!fs.rename(staged, target)) throw new IOException(s"$staged could not be moved to $target")
  }

  private def entries(fs: FileSystem, folder: Path): Seq[FileStatus] =
    try fs.listStatus(folder).toSeq
    catch { case _: FileNotFoundException => Nil }

  private def removeFile(file: Path): Unit = file.getFileSystem(conf).delete(file, false)

  /**
   * False if the folder was not empty. A file that another job puts there at the same moment is never
   * removed.
   */
  private def removeEmptyFolder(folder: Path): Boolean = folder.getFileSystem(conf) match {
    case buckets: BucketFileSystem =>
      try buckets.delete(folder, false)
      catch { case _: IOException => false }
    // Hadoop's own file systems would check that the folder is empty, and then remove all that is in it by
    // then.
    case _ => false
  }
}

object Staging {

  /** The prefix of the names of attempt folders outside of buckets. */
  val Prefix = ".spark-staging-"
}

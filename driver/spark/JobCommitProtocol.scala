package glaux

import scala.collection.mutable.ArrayBuffer

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FileSystem, Path}
import org.apache.hadoop.mapreduce.{JobContext, TaskAttemptContext}
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter
import org.apache.parquet.hadoop.ParquetOutputCommitter

import org.apache.spark.internal.io.{FileCommitProtocol, FileNameSpec}
import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage

/**
 * The commit protocol of Spark SQL's jobs that write files (`spark.sql.sources.commitProtocolClass`).
 *
 * Tasks write into the job's own attempt folder and report their files. The commit renames each file of the
 * tasks that Spark counts to its target. So nothing is visible before the commit, no file is ever visible in
 * part, and files of other jobs are never touched. A kill during the commit leaves whole files, and no
 * `_SUCCESS`.
 *
 * The files that an overwrite replaces are removed at the end of the commit, after the new files are at their
 * targets. So a job that fails or is killed loses no old row. Until the end, readers see old and new rows.
 *
 * (Hadoop's FileOutputCommitter, which is Spark's default, uses the same `_temporary/0` for all jobs that
 * write to one folder: the first job that commits takes and deletes the files of the other jobs.)
 */
class JobCommitProtocol(jobId: String, path: String, dynamicPartitionOverwrite: Boolean)
    extends FileCommitProtocol
    with StagedTasks
    with Serializable {

  override protected def stagingId: String = jobId

  override protected def output = new Path(path)

  /** Used in the driver only: the files that the job replaces, as listed when the job began. */
  @transient private lazy val replaced = ArrayBuffer.empty[Path]

  /** Used in the driver only: the targets of the files of tasks that have ended. */
  @transient private lazy val ended = ArrayBuffer.empty[Path]

  override def setupJob(context: JobContext): Unit = ()

  override def newTaskTempFileAbsPath(context: TaskAttemptContext, folder: String, extension: String): String =
    newTaskTempFileAbsPath(context, folder, FileNameSpec("", extension))

  override def newTaskTempFileAbsPath(context: TaskAttemptContext, folder: String, spec: FileNameSpec): String =
    stage(context, new Path(folder), spec)

  override def commitJob(context: JobContext, messages: Seq[TaskCommitMessage]): Unit = {
    val conf = context.getConfiguration
    val job = staging(context)
    val written = messages.flatMap(StagedFile.of)
    val targets = written.map(file => new Path(file.target))
    if (dynamicPartitionOverwrite) replaced ++= targets.map(_.getParent).distinct.flatMap(job.filesIn)
    // Two old files are removed first: the old `_SUCCESS`, which must not vouch for a half-done commit, and a
    // file at the path where the output folder must be made.
    val (first, last) = replaced.toSeq.partition(old => old.getName == Success || old == qualified(conf))
    job.remove(first)
    job.publish(written)
    job.remove(last)
    job.clear(targets)
    finish(conf)
  }

  override def onTaskCommit(message: TaskCommitMessage): Unit =
    ended ++= StagedFile.of(message).map(file => new Path(file.target))

  override def abortJob(context: JobContext): Unit = staging(context).clear(ended.toSeq)

  override def deleteWithJob(fs: FileSystem, folder: Path, recursive: Boolean): Boolean = {
    // Outside of buckets the attempt folder is in the output folder, which cannot be made while a file has
    // its path.
    if (fs.getFileStatus(folder).isFile && !fs.isInstanceOf[BucketFileSystem]) fs.delete(folder, false)
    else {
      replaced ++= staging(fs.getConf).filesIn(folder)
      true
    }
  }

  private def finish(conf: Configuration): Unit = {
    val folder = qualified(conf)
    val fs = folder.getFileSystem(conf)
    if (dynamicPartitionOverwrite || !conf.getBoolean("mapreduce.fileoutputcommitter.marksuccessfuljobs", true))
      fs.mkdirs(folder)
    else fs.create(new Path(folder, Success), true).close()
    // Only parquet's writer sets a committer class. By default that writer switches these summary files off.
    if (conf.get("spark.sql.sources.outputCommitterClass") != null)
      ParquetOutputCommitter.writeMetaDataFile(conf, folder)
  }

  private def Success = FileOutputCommitter.SUCCEEDED_FILE_NAME

  private def qualified(conf: Configuration): Path = output.getFileSystem(conf).makeQualified(output)
}

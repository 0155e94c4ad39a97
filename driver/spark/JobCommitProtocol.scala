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
 * How Spark SQL's jobs write files (`spark.sql.sources.commitProtocolClass`).
 *
 * Tasks write into the job's own attempt folder and report their files. The commit moves the files of the tasks
 * that Spark counts, one rename each. So nothing is visible before the commit, no file is ever visible in part,
 * and files of other jobs are never touched. A kill during the commit leaves whole files, and no `_SUCCESS`.
 *
 * What an overwrite replaces is removed at the end of the commit, after the new files are in their places: a job
 * that fails or is killed loses no row that was there before. Until then readers see old and new rows.
 *
 * (Hadoop's FileOutputCommitter, which is Spark's default, has one `_temporary/0` for all jobs that write to a
 * folder: the first job that commits takes and deletes the others' files.)
 */
class JobCommitProtocol(jobId: String, path: String, dynamicPartitionOverwrite: Boolean)
    extends FileCommitProtocol
    with StagedTasks
    with Serializable {

  override protected def stagingId: String = jobId

  override protected def output = new Path(path)

  /** In the driver: what the job replaces, as it was when the job began. */
  @transient private lazy val replaced = ArrayBuffer.empty[Path]

  /** In the driver: where files of tasks belong that have ended. */
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
    // A mark of success stands for the rows before or for those after, and a file may be where the folder belongs.
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
    // Outside of buckets the attempt folder is in the output's folder, which cannot be made where there is a file.
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
    // Only parquet's writer names a committer, and by default it switches these summaries off.
    if (conf.get("spark.sql.sources.outputCommitterClass") != null)
      ParquetOutputCommitter.writeMetaDataFile(conf, folder)
  }

  private def Success = FileOutputCommitter.SUCCEEDED_FILE_NAME

  private def qualified(conf: Configuration): Path = output.getFileSystem(conf).makeQualified(output)
}

package glaux

import scala.collection.mutable.ArrayBuffer

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path
import org.apache.hadoop.mapreduce.{JobContext, TaskAttemptContext}

import org.apache.spark.internal.io.{FileCommitProtocol, FileNameSpec}
import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage

/**
 * The tasks of a commit protocol. A task writes into its job's attempt folder, and reports its files to the
 * driver.
 */
trait StagedTasks extends FileCommitProtocol {

  /** Differs from the id of every other job. The names of the job's files contain it. */
  protected def stagingId: String

  /** The folder that the job writes to. */
  protected def output: Path

  /** Used in a task only: the files that the task has written so far. */
  @transient private var files: ArrayBuffer[StagedFile] = _

  override def setupTask(context: TaskAttemptContext): Unit = files = ArrayBuffer.empty

  override def newTaskTempFile(context: TaskAttemptContext, folder: Option[String], extension: String): String =
    newTaskTempFile(context, folder, FileNameSpec("", extension))

  override def newTaskTempFile(context: TaskAttemptContext, folder: Option[String], spec: FileNameSpec): String =
    stage(context, folder.fold(output)(new Path(output, _)), spec)

  override def commitTask(context: TaskAttemptContext): TaskCommitMessage = StagedFile.message(files.toSeq)

  override def abortTask(context: TaskAttemptContext): Unit = staging(context).discard(files.toSeq)

  protected def stage(context: TaskAttemptContext, folder: Path, spec: FileNameSpec): String = {
    val split = context.getTaskAttemptID.getTaskID.getId
    val target = new Path(folder, f"${spec.prefix}part-$split%05d-$stagingId${spec.suffix}")
    val file = staging(context).stage(target, context)
    files += file
    file.staged
  }

  protected def staging(context: JobContext): Staging = staging(context.getConfiguration)

  protected def staging(conf: Configuration) = new Staging(stagingId, output, conf)
}

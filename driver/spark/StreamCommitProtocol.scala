package glaux

import java.util.UUID

import scala.collection.mutable.ArrayBuffer

import org.apache.hadoop.fs.Path
import org.apache.hadoop.mapreduce.{JobContext, TaskAttemptContext}

import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage
import org.apache.spark.internal.io.FileNameSpec
import org.apache.spark.sql.execution.streaming.ManifestFileCommitProtocol

/**
 * How a stream writes the files of a batch (`spark.sql.streaming.commitProtocolClass`): as JobCommitProtocol does,
 * and then Spark's own log in the folder's `_spark_metadata` says which files count.
 *
 * (Spark's default writes to the files' last places from the beginning.)
 */
class StreamCommitProtocol(batchId: String, path: String) extends ManifestFileCommitProtocol(batchId, path) {

  /** Batches of two streams may have the same number. */
  private val jobId = UUID.randomUUID.toString

  /** In a task: what it has written so far. */
  @transient private var files: ArrayBuffer[StagedFile] = _

  override def setupTask(context: TaskAttemptContext): Unit = files = ArrayBuffer.empty

  override def newTaskTempFile(context: TaskAttemptContext, folder: Option[String], extension: String): String =
    newTaskTempFile(context, folder, FileNameSpec("", extension))

  override def newTaskTempFile(context: TaskAttemptContext, folder: Option[String], spec: FileNameSpec): String = {
    val split = context.getTaskAttemptID.getTaskID.getId
    val name = f"${spec.prefix}part-$split%05d-${UUID.randomUUID}${spec.suffix}"
    val file = staging(context).stage(new Path(folder.fold(new Path(path))(new Path(path, _)), name), context)
    files += file
    file.staged
  }

  override def commitTask(context: TaskAttemptContext): TaskCommitMessage = StagedFile.message(files.toSeq)

  override def abortTask(context: TaskAttemptContext): Unit = staging(context).discard(files.toSeq)

  override def onTaskCommit(message: TaskCommitMessage): Unit = ()

  override def commitJob(context: JobContext, messages: Seq[TaskCommitMessage]): Unit = {
    val job = staging(context)
    val written = messages.flatMap(StagedFile.of)
    job.publish(written)
    val statuses = written.map { file =>
      val target = new Path(file.target)
      SinkFiles.status(target.getFileSystem(context.getConfiguration).getFileStatus(target))
    }
    super.commitJob(context, Seq(new TaskCommitMessage(statuses.toList)))
    job.clear(Nil)
  }

  override def abortJob(context: JobContext): Unit = staging(context).clear(Nil)

  private def staging(context: JobContext) = new Staging(jobId, new Path(path), context.getConfiguration)
}

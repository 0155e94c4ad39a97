package glaux

import java.util.UUID

import org.apache.hadoop.fs.Path
import org.apache.hadoop.mapreduce.JobContext

import org.apache.spark.internal.io.FileCommitProtocol.TaskCommitMessage
import org.apache.spark.sql.execution.streaming.ManifestFileCommitProtocol

/**
 * The commit protocol of a stream's batches (`spark.sql.streaming.commitProtocolClass`). It moves files as
 * JobCommitProtocol does. Then Spark's own log in the folder's `_spark_metadata` says which files count.
 *
 * (Spark's default protocol writes the files at their final paths from the beginning.)
 */
class StreamCommitProtocol(batchId: String, path: String)
    extends ManifestFileCommitProtocol(batchId, path)
    with StagedTasks {

  /** A random id, because batches of two streams may have the same number. */
  override protected val stagingId: String = UUID.randomUUID.toString

  override protected def output = new Path(path)

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
}

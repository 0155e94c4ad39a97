package glaux

import org.apache.hadoop.fs.FileStatus

import org.apache.spark.sql.execution.streaming.sinks.SinkFileStatus

/** Spark 3.5 has this class in another package. */
object SinkFiles {
  def status(file: FileStatus): SinkFileStatus = SinkFileStatus(file)
}

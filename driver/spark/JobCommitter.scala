package glaux

import org.apache.hadoop.fs.Path
import org.apache.hadoop.mapred
import org.apache.hadoop.mapreduce.{JobContext, JobStatus, TaskAttemptContext}
import org.apache.hadoop.mapreduce.lib.output.{FileOutputCommitter, PathOutputCommitter, PathOutputCommitterFactory}

/**
 * How jobs of RDDs write files, such as `saveAsTextFile`, whose format asks Hadoop for a committer. Hadoop's own
 * works within the job's attempt folder, and what it has committed there is moved to its place.
 */
class JobCommitter(output: Path, context: JobContext)
    extends PathOutputCommitter(output, context) {
  private val conf = context.getConfiguration
  // Spark gives each job an id of its own there.
  private val jobId = conf.get("spark.sql.sources.writeJobUUID", context.getJobID.toString)
  private val job = new Staging(jobId, output, conf)
  private val folder = job.folderFor(output)
  private val attempts = context match {
    case task: TaskAttemptContext => new FileOutputCommitter(folder, task)
    case _ => new FileOutputCommitter(folder, context)
  }

  override def getOutputPath: Path = output
  override def getWorkPath: Path = attempts.getWorkPath
  override def setupJob(context: JobContext): Unit = attempts.setupJob(context)
  override def setupTask(context: TaskAttemptContext): Unit = attempts.setupTask(context)
  override def needsTaskCommit(context: TaskAttemptContext): Boolean = attempts.needsTaskCommit(context)
  override def commitTask(context: TaskAttemptContext): Unit = attempts.commitTask(context)
  override def abortTask(context: TaskAttemptContext): Unit = attempts.abortTask(context)

  override def commitJob(context: JobContext): Unit = {
    attempts.commitJob(context)
    val (marks, files) = job.filesIn(folder).partition(_.getName == FileOutputCommitter.SUCCEEDED_FILE_NAME)
    output.getFileSystem(conf).mkdirs(output)
    job.publish((files ++ marks).map(file => StagedFile(file.toString, target(file).toString)))
    job.clear(Nil)
  }

  override def abortJob(context: JobContext, state: JobStatus.State): Unit = {
    attempts.abortJob(context, state)
    job.clear(Nil)
  }

  private def target(file: Path): Path =
    new Path(output, folder.toUri.relativize(file.toUri).getPath)
}

/** For formats of Hadoop's newer API (`mapreduce.outputcommitter.factory.scheme.…`). */
class JobCommitterFactory extends PathOutputCommitterFactory {
  override def createOutputCommitter(output: Path, context: TaskAttemptContext): PathOutputCommitter =
    new JobCommitter(output, context)
}

/** For formats of Hadoop's older API (`mapred.output.committer.class`). A job without an output folder has nothing to commit. */
class OldJobCommitter extends mapred.FileOutputCommitter {
  override def getWorkPath(context: mapred.TaskAttemptContext, output: Path): Path =
    of(context).fold(super.getWorkPath(context, output))(_.getWorkPath)
  override def setupJob(context: mapred.JobContext): Unit = of(context).foreach(_.setupJob(context))
  override def setupTask(context: mapred.TaskAttemptContext): Unit = of(context).foreach(_.setupTask(context))
  override def needsTaskCommit(context: mapred.TaskAttemptContext): Boolean =
    of(context).exists(_.needsTaskCommit(context))
  override def commitTask(context: mapred.TaskAttemptContext): Unit = of(context).foreach(_.commitTask(context))
  override def abortTask(context: mapred.TaskAttemptContext): Unit = of(context).foreach(_.abortTask(context))
  override def commitJob(context: mapred.JobContext): Unit = of(context).foreach(_.commitJob(context))
  override def abortJob(context: mapred.JobContext, state: Int): Unit =
    of(context).foreach(_.abortJob(context, JobStatus.State.values.find(_.getValue == state).orNull))

  private def of(context: JobContext): Option[JobCommitter] =
    Option(mapred.FileOutputFormat.getOutputPath(new mapred.JobConf(context.getConfiguration)))
      .map(new JobCommitter(_, context))
}

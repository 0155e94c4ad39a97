package glaux

import org.apache.hadoop.fs.Path
import org.apache.hadoop.mapred
import org.apache.hadoop.mapreduce.{JobContext, JobStatus, TaskAttemptContext}
import org.apache.hadoop.mapreduce.lib.output.{FileOutputCommitter, PathOutputCommitter, PathOutputCommitterFactory}

/**
 * The committer of RDD jobs that write files, such as `saveAsTextFile`, whose output format asks Hadoop for a
 * committer. Hadoop's own FileOutputCommitter works inside the job's attempt folder. At the job's commit, the
 * files that it has committed there are moved to their targets.
 *
 * Spark makes one committer in the driver and another in each task. The methods are called with contexts that
 * have the job's id, which is unique. The context of the driver's constructor call has another id, so the
 * committer keeps no state made from that context.
 */
class JobCommitter(path: Path, context: JobContext) extends PathOutputCommitter(path, context) {
  private val output = path.getFileSystem(context.getConfiguration).makeQualified(path)

  private class Attempt(context: JobContext) {
    val job = new Staging(context.getJobID.toString, output, context.getConfiguration)
    val folder: Path = job.folderFor(output)
    val committer: FileOutputCommitter = context match {
      case task: TaskAttemptContext => new FileOutputCommitter(folder, task)
      case _ => new FileOutputCommitter(folder, context)
    }
  }

  override def getOutputPath: Path = output

  /** Called only in tasks. */
  override def getWorkPath: Path = new Attempt(context).committer.getWorkPath

  override def setupJob(context: JobContext): Unit = new Attempt(context).committer.setupJob(context)
  override def setupTask(context: TaskAttemptContext): Unit = new Attempt(context).committer.setupTask(context)
  override def needsTaskCommit(context: TaskAttemptContext): Boolean =
    new Attempt(context).committer.needsTaskCommit(context)
  override def commitTask(context: TaskAttemptContext): Unit = new Attempt(context).committer.commitTask(context)
  override def abortTask(context: TaskAttemptContext): Unit = new Attempt(context).committer.abortTask(context)

  override def commitJob(context: JobContext): Unit = {
    val attempt = new Attempt(context)
    import attempt._
    committer.commitJob(context)
    def target(file: Path) = new Path(output, folder.toUri.relativize(file.toUri).getPath)
    val (marks, files) = job.filesIn(folder).partition(_.getName == FileOutputCommitter.SUCCEEDED_FILE_NAME)
    output.getFileSystem(context.getConfiguration).mkdirs(output)
    job.publish((files ++ marks).map(file => StagedFile(file.toString, target(file).toString)))
    job.clear(Nil)
  }

  override def abortJob(context: JobContext, state: JobStatus.State): Unit = {
    val attempt = new Attempt(context)
    attempt.committer.abortJob(context, state)
    attempt.job.clear(Nil)
  }
}

/** For output formats of Hadoop's newer API (`mapreduce.outputcommitter.factory.scheme.…`). */
class JobCommitterFactory extends PathOutputCommitterFactory {
  override def createOutputCommitter(output: Path, context: TaskAttemptContext): PathOutputCommitter =
    new JobCommitter(output, context)
}

/**
 * For output formats of Hadoop's older API (`mapred.output.committer.class`). A job without an output folder
 * has nothing to commit.
 */
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

// Workgroups managed by Terraform: a plan right after an apply finds no changes. The calls are those of
// provider 5.100, as its debug log shows them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startEnginelessServer, type EnginelessServer } from "../support/engineless-server.ts";
import { runProgram } from "../support/run-program.ts";
import { glauxEnvironment } from "../support/server.ts";

let server: EnginelessServer;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  server = await startEnginelessServer();
  env = glauxEnvironment(server.home, {
    AWS_CONFIG_FILE: join(server.home, "aws/config"),
    AWS_SHARED_CREDENTIALS_FILE: join(server.home, "aws/credentials"),
    AWS_PROFILE: "glaux",
    AWS_REGION: "us-east-1",
  });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("terraform", () => {
  const folder = mkdtempSync(join(tmpdir(), "glaux-terraform-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const terraform = (...args: string[]) =>
    runProgram("terraform", [...args, "-no-color", "-input=false"], {
      cwd: folder,
      env: { ...env, CHECKPOINT_DISABLE: "1", TF_REGISTRY_CLIENT_TIMEOUT: "10" },
    });
  const done = async (...args: string[]) => {
    const { code, stdout, stderr } = await terraform(...args);
    expect(code, `terraform ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };

  test(
    "applies, changes and destroys workgroups, and plans no change in between",
    { timeout: 300_000 },
    async ({ skip }) => {
      writeFileSync(join(folder, "main.tf"), configuration(first));
      await initialized(skip, () => terraform("init"));
      expect(await done("apply", "-auto-approve")).toContain("2 added, 0 changed, 0 destroyed");
      await done("plan", "-detailed-exitcode"); // exits with 2 if there is a change
      writeFileSync(join(folder, "main.tf"), configuration(second));
      expect(await done("apply", "-auto-approve")).toContain("0 added, 2 changed, 0 destroyed");
      await done("plan", "-detailed-exitcode");
      expect(await done("destroy", "-auto-approve")).toContain("2 destroyed");
    },
  );
});

async function initialized(skip: TestContext["skip"], init: () => ReturnType<typeof runProgram>): Promise<void> {
  const outcome = await init().catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (!outcome) skip("not to be had here: there is no terraform on the PATH");
  else if (outcome.code !== 0)
    skip(
      "not to be had here: terraform cannot get its provider for AWS. From a folder that has it: TF_CLI_ARGS_init=-plugin-dir=<folder>",
    );
}

/** The two `skip_` settings keep the provider from calling AWS services that this server does not have. */
const configuration = (resources: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}
${resources}`;

const first = `
resource "aws_athena_workgroup" "spark" {
  name        = "spark"
  description = "made by terraform"
  tags        = { team = "owls" }
  configuration {
    execution_role = "arn:aws:iam::000000000000:role/spark"
    engine_version {
      selected_engine_version = "PySpark engine version 3"
    }
    result_configuration {
      output_location = "s3://terraformed/output/"
      encryption_configuration {
        encryption_option = "SSE_S3"
      }
    }
  }
}
resource "aws_athena_workgroup" "bare" {
  name = "bare"
}
`;

const second = `
resource "aws_athena_workgroup" "spark" {
  name        = "spark"
  description = "changed by terraform"
  tags        = { flock = "owls" }
  configuration {
    enforce_workgroup_configuration    = false
    publish_cloudwatch_metrics_enabled = false
    execution_role                     = "arn:aws:iam::000000000000:role/other"
    engine_version {
      selected_engine_version = "Apache Spark version 3.5"
    }
    result_configuration {
      output_location = "s3://terraformed/other/"
      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = "arn:aws:kms:us-east-1:000000000000:key/0a1b2c3d"
      }
    }
  }
}
resource "aws_athena_workgroup" "bare" {
  name          = "bare"
  state         = "DISABLED"
  force_destroy = true
  configuration {
    bytes_scanned_cutoff_per_query = 10485760
  }
}
`;

describe("the provider's calls", () => {
  let user: AthenaUser;
  beforeAll(() => {
    user = athenaUser({ env });
  });
  afterAll(() => {
    user[Symbol.dispose]();
  });
  const ResourceARN = "arn:aws:athena:us-east-1::workgroup/called";
  /** The attributes that a plan compares. */
  const read = async () => {
    const { WorkGroup } = await user.athena.send(new sdk.GetWorkGroupCommand({ WorkGroup: "called" }));
    const { Tags } = await user.athena.send(new sdk.ListTagsForResourceCommand({ ResourceARN }));
    return { ...WorkGroup, Tags };
  };
  const given = {
    EnforceWorkGroupConfiguration: true,
    ExecutionRole: "arn:aws:iam::000000000000:role/spark",
    PublishCloudWatchMetricsEnabled: true,
    RequesterPaysEnabled: false,
    ResultConfiguration: {
      EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
      OutputLocation: "s3://terraformed/output/",
    },
  } as const;
  const engine = (name: string) => ({ SelectedEngineVersion: name });
  const shownEngine = (name: string) => ({ SelectedEngineVersion: name, EffectiveEngineVersion: name });

  test("create, and read the same each time", async () => {
    await user.athena.send(
      new sdk.CreateWorkGroupCommand({
        Name: "called",
        Description: "made",
        Configuration: { ...given, EngineVersion: engine("PySpark engine version 3") },
        Tags: [{ Key: "team", Value: "owls" }],
      }),
    );
    const made = await read();
    expect(made).toEqual({
      Name: "called",
      State: "ENABLED",
      Description: "made",
      Configuration: { ...given, EngineVersion: shownEngine("PySpark engine version 3") },
      CreationTime: expect.any(Date) as Date,
      Tags: [{ Key: "team", Value: "owls" }],
    });
    expect(await read()).toEqual(made);
  });

  test("update what has changed, and read just that changed", async () => {
    const before = await read();
    await user.athena.send(new sdk.UntagResourceCommand({ ResourceARN, TagKeys: ["team"] }));
    await user.athena.send(new sdk.TagResourceCommand({ ResourceARN, Tags: [{ Key: "flock", Value: "owls" }] }));
    await user.athena.send(
      new sdk.UpdateWorkGroupCommand({
        WorkGroup: "called",
        Description: "changed",
        ConfigurationUpdates: {
          EnforceWorkGroupConfiguration: false,
          EngineVersion: engine("Apache Spark version 3.5"),
          PublishCloudWatchMetricsEnabled: true,
          RemoveBytesScannedCutoffPerQuery: true,
          RequesterPaysEnabled: false,
          ResultConfigurationUpdates: { OutputLocation: "s3://terraformed/other/", RemoveExpectedBucketOwner: true },
        },
      }),
    );
    const after = await read();
    expect(after).toEqual({
      ...before,
      Description: "changed",
      Configuration: {
        ...before.Configuration,
        EnforceWorkGroupConfiguration: false,
        EngineVersion: shownEngine("Apache Spark version 3.5"),
        ResultConfiguration: { ...given.ResultConfiguration, OutputLocation: "s3://terraformed/other/" },
      },
      Tags: [{ Key: "flock", Value: "owls" }],
    });
    expect(await read()).toEqual(after);
  });

  test("delete, after which it is not found, in the words that the provider looks for", async () => {
    await user.athena.send(new sdk.DeleteWorkGroupCommand({ WorkGroup: "called" }));
    await expect(read()).rejects.toMatchObject({ name: "InvalidRequestException", message: "WorkGroup is not found." });
  });
});

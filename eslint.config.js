import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { commentColumns } from "./scripts/check/comment-columns.mjs";

export default defineConfig(
  globalIgnores(["dist/", "coverage/", ".glaux/", ".venv-test/", "**/fixtures/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts", "**/*.mjs"],
    ignores: ["**/*.generated.ts"],
    plugins: { glaux: { rules: { "comment-columns": commentColumns } } },
    rules: { "glaux/comment-columns": "error" },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // `() => socket.end()` says what it does; the value is not used.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Interfaces are implemented asynchronously here, and synchronously by something else elsewhere.
      "@typescript-eslint/require-await": "off",
      // noUncheckedIndexedAccess makes an index a checked one; `env["X"]` marks names that nothing declares.
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Export by name, so that a search finds every use." },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["**/*.{test,fixture}.ts", "src/config/env.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "Only src/config/env.ts reads the environment; take configuration as an argument.",
        },
      ],
    },
  },
  {
    files: ["**/*.{test,fixture}.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    // vitest wants default exports here.
    files: ["vitest.config.ts", "scripts/test/left-behind-setup.ts", "scripts/test/counts-reporter.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
);

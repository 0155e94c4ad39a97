/** Where comments and prose end. */
export const maxColumns = 110;

/**
 * An ESLint rule: comments end at a column up to which they are read with ease. The width of code is up to
 * the formatter. A line with a URL may be longer, and so may an ESLint directive.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
export const commentColumns = {
  meta: { type: "layout", schema: [] },
  create(context) {
    const { sourceCode } = context;
    return {
      Program() {
        const lines = new Set();
        for (const { loc } of sourceCode.getAllComments())
          for (let line = loc?.start.line ?? 1; line <= (loc?.end.line ?? 0); line++) lines.add(line);
        for (const line of lines) {
          const text = sourceCode.lines[line - 1] ?? "";
          if (text.length <= maxColumns || /https?:|eslint-/.test(text)) continue;
          context.report({
            loc: { line, column: maxColumns },
            message: `Comments end at column ${maxColumns}; this line has ${text.length}.`,
          });
        }
      },
    };
  },
};

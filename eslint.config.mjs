// npx eslint@10 kmu: the scripts of the report page and of the app, each a script of its own.
const names = (list) => Object.fromEntries(list.split(" ").map((name) => [name, "readonly"]));

export default [
  { ignores: ["**/*.min.js"] },
  {
    files: ["kmu/**/*.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "script",
      globals: names(
        "document window location navigator globalThis devicePixelRatio performance setTimeout clearTimeout " +
        "requestAnimationFrame queueMicrotask atob Blob URL Path2D ImageData ResizeObserver XMLHttpRequest uPlot kmu",
      ),
    },
    rules: {
      "array-callback-return": "error", "block-scoped-var": "error", "complexity": ["error", 15],
      "consistent-return": "error", "default-case-last": "error", "dot-notation": "error",
      "eqeqeq": "error", "for-direction": "error", "getter-return": "error", "guard-for-in": "error",
      "no-array-constructor": "error", "no-await-in-loop": "error", "no-caller": "error",
      "no-class-assign": "error", "no-compare-neg-zero": "error", "no-cond-assign": "error",
      "no-const-assign": "error", "no-constant-binary-expression": "error", "no-constant-condition": "error",
      "no-dupe-args": "error", "no-dupe-else-if": "error", "no-dupe-keys": "error",
      "no-duplicate-case": "error", "no-empty": "error", "no-empty-pattern": "error", "no-eval": "error",
      "no-extend-native": "error", "no-fallthrough": "error", "no-func-assign": "error",
      "no-global-assign": "error", "no-implicit-coercion": "error", "no-implied-eval": "error",
      "no-inner-declarations": "error", "no-invalid-regexp": "error", "no-irregular-whitespace": "error",
      "no-loop-func": "error", "no-loss-of-precision": "error", "no-new-func": "error",
      "no-obj-calls": "error", "no-promise-executor-return": "error", "no-redeclare": ["error", { builtinGlobals: false }],
      "no-return-assign": "error", "no-script-url": "error", "no-self-assign": "error",
      "no-self-compare": "error", "no-sequences": "error", "no-setter-return": "error",
      "no-shadow": "error", "no-sparse-arrays": "error", "no-this-before-super": "error",
      "no-throw-literal": "error", "no-undef": "error", "no-unexpected-multiline": "error",
      "no-unmodified-loop-condition": "error", "no-unreachable": "error", "no-unreachable-loop": "error",
      "no-unsafe-finally": "error", "no-unsafe-negation": "error", "no-unsafe-optional-chaining": "error",
      "no-unused-expressions": "error", "no-unused-vars": ["error", { ignoreRestSiblings: true }], "no-use-before-define": ["error", { functions: false }],
      "no-useless-assignment": "error", "no-useless-catch": "error", "no-useless-concat": "error",
      "no-useless-return": "error", "no-var": "error", "no-with": "error", "object-shorthand": "error",
      "prefer-const": "error", "prefer-regex-literals": "error", "prefer-template": "error",
      "require-atomic-updates": "error", "strict": ["error", "global"], "use-isnan": "error",
      "valid-typeof": "error",
    },
  },
];

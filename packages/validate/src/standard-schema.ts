/**
 * The interface Standard Schema v1 (https://standardschema.dev), copied from its specification, so that this package needs
 * no dependency. zod 4, valibot 1, arktype 2 and many other libraries implement it.
 */

/** A schema of any library that implements Standard Schema v1. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The members of the standard. */
  readonly "~standard": StandardProps<Input, Output>;
}

/** The members of a Standard Schema. */
export interface StandardProps<Input = unknown, Output = Input> {
  /** The version of the standard. */
  readonly version: 1;
  /** The name of the library. */
  readonly vendor: string;
  /** Checks a value, at once or later. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** The types of the schema. They exist for the compiler only. */
  readonly types?: StandardTypes<Input, Output> | undefined;
}

/** The types of a Standard Schema: of what it takes, and of what it gives. */
export interface StandardTypes<Input = unknown, Output = Input> {
  readonly input: Input;
  readonly output: Output;
}

/** The result of a check: the value that the schema makes, or the issues. */
export type StandardResult<Output> = StandardSuccess<Output> | StandardFailure;

/** The result for a valid value. */
export interface StandardSuccess<Output> {
  readonly value: Output;
  readonly issues?: undefined;
}

/** The result for a value that is not valid. */
export interface StandardFailure {
  readonly issues: readonly StandardIssue[];
}

/** One reason why a value is not valid. */
export interface StandardIssue {
  readonly message: string;
  /** The keys that lead to the part of the value that is not valid. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of what a schema takes. */
export type InputOf<Schema> =
  Schema extends StandardSchema<unknown> ? NonNullable<Schema["~standard"]["types"]>["input"] : never;

/** The type of what a schema gives. */
export type OutputOf<Schema> =
  Schema extends StandardSchema<unknown> ? NonNullable<Schema["~standard"]["types"]>["output"] : never;

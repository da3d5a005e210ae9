/**
 * Thrown for an event that has a row in the table but lacks what the row needs. XapiBackend and
 * CaliperBackend make such an event a dead letter. Shows no value of the event.
 */
export class LearningMappingException extends Error {
  override readonly name = 'LearningMappingException';

  /** Use `create` instead. The constructor is public so that `@Catch` and `toThrow` accept it. */
  constructor(
    message: string,
    /** Name of the event. */
    readonly event: string,
    /** What is missing or wrong. Contains no data of the event. */
    readonly problem: string,
  ) {
    super(message);
  }

  /**
   * @param target what could not be made: 'xAPI statement'
   * @param event name of the event
   */
  static create(target: string, event: string, problem: string): LearningMappingException {
    return new LearningMappingException(`No ${target} for "${event}": ${problem}.`, event, problem);
  }
}

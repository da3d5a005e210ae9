export { dto } from '../catalog/class-validator/dto-schema';
export type { DtoClass } from '../catalog/class-validator/dto-schema';

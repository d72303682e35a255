export const SOFTWARE_WEBGPU: string[];

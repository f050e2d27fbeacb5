/**
 * Whether an extended attribute belongs to the file rather than to this host. Overlay's own would change what a mount shows; labels of
 * SELinux, IMA and the like are the host's policy and differ from machine to machine.
 */
export const isLayerXattr = (name: string): boolean =>
  name === 'security.capability' ||
  (name.startsWith('user.') && !name.startsWith('user.overlay.')) ||
  (name.startsWith('trusted.') && !name.startsWith('trusted.overlay.')) ||
  name.startsWith('system.posix_acl_');

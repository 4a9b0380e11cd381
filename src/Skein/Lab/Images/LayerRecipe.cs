namespace Skein.Lab.Images;

/// <summary>What goes into one layer, in this order; a later file replaces an earlier one of the same path.</summary>
/// <param name="Folder">Files of lab/images/FOLDER, placed at the root.</param>
/// <param name="Packages">
/// Debian's packages by the name they had before the 64-bit time transition; NAMEt64 is taken for NAME where a
/// release has that instead.
/// </param>
/// <param name="Applets">How busybox's applets appear: not, as hard links, or as links where no file of that name is.</param>
/// <param name="MergedUsr">/bin, /sbin and /lib are links into /usr, as on Debian.</param>
/// <param name="Links">Symbolic links, path to target.</param>
/// <param name="Keep">Which paths of the packages are taken; null takes all but documentation.</param>
internal sealed record LayerRecipe(
    string Folder,
    IReadOnlyList<string> Packages,
    AppletLinks Applets,
    bool MergedUsr,
    IReadOnlyDictionary<string, string> Links,
    Func<string, bool>? Keep = null);

namespace Skein.Lab.Images;

internal enum AppletLinks
{
    None,
    Hard,
    Symbolic,
}

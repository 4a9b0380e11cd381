namespace Skein.ClusterTests.Lab;

public static class Templates
{
    /// <summary>Command lines here are split at spaces, so templates write @ for a space.</summary>
    public static async Task<string> Spaced(this Task<string> output) => (await output).Replace('@', ' ');
}

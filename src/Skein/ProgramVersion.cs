using System.Reflection;

namespace Skein;

internal static class ProgramVersion
{
    /// <summary>The version of the assembly, without the commit that the SDK appends after '+'.</summary>
    public static string Current { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}

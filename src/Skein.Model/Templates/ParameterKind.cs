namespace Skein.Model.Templates;

/// <summary>What a function takes.</summary>
internal enum ParameterKind
{
    /// <summary>A string, and nothing else.</summary>
    Text,
    /// <summary>Whatever comes.</summary>
    Any,
}

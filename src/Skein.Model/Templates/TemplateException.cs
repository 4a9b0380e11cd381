namespace Skein.Model.Templates;

/// <summary>A template that cannot be read or expanded, in Go's words: template: expansion:1:2: executing …</summary>
public sealed class TemplateException(string message) : Exception(message);

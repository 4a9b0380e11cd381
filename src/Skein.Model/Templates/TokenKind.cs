namespace Skein.Model.Templates;

internal enum TokenKind
{
    /// <summary>The text is what is wrong.</summary>
    Error,
    /// <summary>The end of the template.</summary>
    End,
    Text,
    LeftDelimiter,
    RightDelimiter,
    /// <summary>A run of spaces: it separates arguments.</summary>
    Space,
    LeftParenthesis,
    RightParenthesis,
    Pipe,
    Assign,
    Declare,
    /// <summary>Any other character.</summary>
    Other,
    Bool,
    Character,
    Number,
    Quoted,
    /// <summary>Between backquotes.</summary>
    Raw,
    Field,
    Identifier,
    Variable,
    /// <summary>if, end, nil and the like, and the dot alone.</summary>
    Keyword,
}

namespace Skein.Model;

/// <summary>The kinds of a refused attachment are those of errors that its wish can meet; whatever else befalls a manager may pass.</summary>
public static class AttachmentRefusals
{
    public static AttachmentRefusalKind ToRefusalKind(this ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => AttachmentRefusalKind.NotFound,
        ErrorKind.Forbidden => AttachmentRefusalKind.Forbidden,
        ErrorKind.InvalidArgument => AttachmentRefusalKind.Invalid,
        _ => AttachmentRefusalKind.Unavailable,
    };

    public static ErrorKind ToErrorKind(this AttachmentRefusalKind kind) => kind switch
    {
        AttachmentRefusalKind.NotFound => ErrorKind.NotFound,
        AttachmentRefusalKind.Forbidden => ErrorKind.Forbidden,
        AttachmentRefusalKind.Invalid => ErrorKind.InvalidArgument,
        _ => ErrorKind.Unavailable,
    };
}

using Skein.Model.Templates;

namespace Skein.Model.Logging;

/// <summary>The option tag: a Go template of the container, by default its short id.</summary>
public static class LogTag
{
    private const string Default = "{{.ID}}";

    private static readonly LogSubject s_sample = new(new string('0', 64), "name", "command", "sha256:" + new string('0', 64), "image", new Dictionary<string, string>(), []);

    /// <exception cref="SkeinException"/>
    public static void Check(string tag) => Expand(tag, s_sample, "host");

    /// <param name="template">Empty: the default.</param>
    /// <exception cref="SkeinException">In Go's words.</exception>
    public static string Expand(string template, LogSubject subject, string hostname)
    {
        try
        {
            return GoTemplate.Parse(template.Length > 0 ? template : Default).Execute(TemplateValue.Of(
                "*logger.Info",
                ("ID", TemplateValue.Of(subject.ShortId)),
                ("FullID", TemplateValue.Of(subject.Id)),
                ("Name", TemplateValue.Of(subject.Name)),
                ("Command", TemplateValue.Of(subject.Command)),
                ("ImageID", TemplateValue.Of(LogSubject.Short(subject.ImageId))),
                ("ImageFullID", TemplateValue.Of(subject.ImageId)),
                ("ImageName", TemplateValue.Of(subject.ImageName)),
                ("Hostname", TemplateValue.Of(hostname)),
                ("DaemonName", TemplateValue.Of("docker")),
                ("ContainerID", TemplateValue.Of(subject.Id)),
                ("ContainerName", TemplateValue.Of("/" + subject.Name)),
                ("ContainerImageID", TemplateValue.Of(subject.ImageId)),
                ("ContainerImageName", TemplateValue.Of(subject.ImageName)),
                ("ContainerEnv", TemplateValue.Of(subject.Environment)),
                ("ContainerLabels", TemplateValue.Of(subject.Labels))));
        }
        catch (TemplateException error)
        {
            throw SkeinException.Invalid($"invalid tag {template}: {error.Message}");
        }
    }
}

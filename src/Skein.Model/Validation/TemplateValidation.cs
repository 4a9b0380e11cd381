using Skein.Model.Templates;

namespace Skein.Model.Validation;

/// <summary>
/// The templates of a container's spec, before there is a task to expand them for: one that fails would fail every task of the service.
/// </summary>
public static class TemplateValidation
{
    /// <summary>
    /// The spec as a task of slot 1 would have it; what follows judges that. Docker leaves out the service's labels here, and so refuses
    /// {{.Service.Labels.key}} of a label that is there.
    /// </summary>
    public static ContainerSpec Check(ContainerSpec container, Annotations service)
    {
        try
        {
            return ContainerTemplate.Expand(container, new TemplateContext
            {
                ServiceId = "serviceid",
                ServiceName = service.Name,
                ServiceLabels = service.Labels,
                NodeId = "nodeid",
                NodeHostname = "nodeHostname",
                NodeOs = "os",
                NodeArchitecture = "architecture",
                TaskId = "taskid",
                TaskName = "taskname",
                TaskSlot = "1",
            });
        }
        catch (TemplateException e)
        {
            throw RpcError.InvalidArgument(e.Message);
        }
    }
}

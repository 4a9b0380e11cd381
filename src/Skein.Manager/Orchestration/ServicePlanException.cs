namespace Skein.Manager.Orchestration;

/// <summary>No plan could be made while it was this service's turn. The others' plan need not suffer for it.</summary>
internal sealed class ServicePlanException(string serviceId, Exception cause) : Exception($"service {serviceId} cannot be planned: {cause.Message}", cause)
{
    public string ServiceId { get; } = serviceId;
}

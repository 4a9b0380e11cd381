namespace Skein.Api.Builds;

/// <summary>Who answers the gRPC calls that come over a tunnelled connection; found among its features.</summary>
internal interface IGrpcCalls
{
    Task ServeAsync(HttpContext call);
}

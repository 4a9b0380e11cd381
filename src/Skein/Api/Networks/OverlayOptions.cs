using Skein.Model.Validation;

namespace Skein.Api.Networks;

/// <summary>A network's options as its driver shows them: those it was given, and its number on the wire.</summary>
internal static class OverlayOptions
{
    public static Dictionary<string, string> Of(IDictionary<string, string> given, uint vni)
    {
        var options = new Dictionary<string, string>(given);
        if (vni != 0) options[NetworkSpecValidation.VniOption] = vni.ToString();
        return options;
    }
}

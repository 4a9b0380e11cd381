using System.Globalization;
using Skein.Model.Specs;

namespace Skein.Model.Logging;

/// <summary>
/// A log driver and its options, in Docker's words. Docker finds each on the node, and no task starts; all nodes here have the same drivers,
/// so that the manager can say it. What depends on the node (is there a journald, does the collector answer) is found there.
/// </summary>
public static class LogDriverValidation
{
    private static readonly string[] s_attributes = [LogOptions.Labels, LogOptions.LabelsRegex, LogOptions.Env, LogOptions.EnvRegex, LogOptions.Tag];
    private static readonly string[] s_files = [LogOptions.MaxSize, LogOptions.MaxFile, LogOptions.Compress];

    // Those that Docker brings beside ours.
    private static readonly string[] s_others = ["awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "splunk"];

    /// <exception cref="SkeinException"/>
    public static void Check(LogDriver driver)
    {
        var name = driver.Name.Length == 0 ? LogOptions.JsonFile : driver.Name;
        // As in Docker: there is no log for them to be about.
        if (name == LogOptions.None) return;
        if (s_others.Contains(name)) throw SkeinException.NotImplemented($"the log driver \"{name}\" is not supported: use {string.Join(", ", LogOptions.Drivers)} or none");
        if (!LogOptions.Drivers.Contains(name)) throw SkeinException.Invalid($"logger: no log driver named '{name}' is registered");
        CheckMode(driver.Options);
        CheckFiles(driver.Options, LogOptions.CachePrefix, isJson: false);
        if (driver.Options.TryGetValue(LogOptions.CacheDisabled, out var disabled) && disabled.Length > 0 && !GoBool.TryParse(disabled, out _))
            throw SkeinException.Invalid($"invalid value for option {LogOptions.CacheDisabled}: {disabled}");
        foreach (var option in driver.Options.Keys.Order(StringComparer.Ordinal))
        {
            if (!IsKnown(name, option)) throw SkeinException.Invalid(Unknown(name, option));
        }
        if (name is LogOptions.JsonFile or LogOptions.Local) CheckFiles(driver.Options, "", isJson: name == LogOptions.JsonFile);
        CheckAttributes(driver.Options);
        if (name == LogOptions.Syslog) SyslogOptions.Parse(driver.Options);
    }

    private static bool IsKnown(string driver, string option) =>
        option is LogOptions.Mode or LogOptions.MaxBufferSize or LogOptions.CacheDisabled
        || s_attributes.Contains(option)
        || (option.StartsWith(LogOptions.CachePrefix, StringComparison.Ordinal) && s_files.Concat(s_attributes).Contains(option[LogOptions.CachePrefix.Length..]))
        || (driver switch
        {
            LogOptions.JsonFile or LogOptions.Local => s_files.Contains(option),
            LogOptions.Syslog => SyslogOptions.Names.Contains(option),
            _ => false,
        });

    private static string Unknown(string driver, string option) => driver == LogOptions.Local
        ? $"unknown log opt '{option}' for log driver local"
        : $"unknown log opt '{option}' for {driver} log driver";

    private static void CheckMode(IDictionary<string, string> options)
    {
        var mode = options.TryGetValue(LogOptions.Mode, out var given) ? given : "";
        if (mode is not ("" or LogOptions.Blocking or LogOptions.NonBlocking)) throw SkeinException.Invalid($"logger: logging mode not supported: {mode}");
        if (!options.TryGetValue(LogOptions.MaxBufferSize, out var size)) return;
        if (mode != LogOptions.NonBlocking) throw SkeinException.Invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
        if (!LogSize.TryParse(size, out var bytes, 1024)) throw SkeinException.Invalid($"error parsing option max-buffer-size: invalid size: '{size}'");
        // Docker has no bound: it is the daemon's memory.
        if (bytes is < 1 or > LogOptions.BufferBytesMax) throw SkeinException.Invalid($"max-buffer-size is 1 byte to {LogOptions.BufferBytesMax >> 20} MiB: {size}");
    }

    private static void CheckFiles(IDictionary<string, string> options, string prefix, bool isJson)
    {
        var files = 0;
        var sized = options.TryGetValue(prefix + LogOptions.MaxSize, out var size);
        if (sized)
        {
            if (!LogSize.TryParse(size!, out var bytes))
                throw SkeinException.Invalid($"{(isJson ? "" : $"invalid value for {prefix}max-size: {size}: ")}invalid size: '{size}'");
            if (bytes < 1) throw SkeinException.Invalid($"{prefix}max-size must be a positive number");
        }
        if (options.TryGetValue(prefix + LogOptions.MaxFile, out var count))
        {
            if (!int.TryParse(count, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out files))
                throw SkeinException.Invalid($"{(isJson ? "" : $"invalid value for {prefix}max-file: {count}: ")}strconv.Atoi: parsing \"{count}\": invalid syntax");
            if (files < 1) throw SkeinException.Invalid($"{prefix}max-file cannot be less than 1");
        }
        var compress = false;
        if (options.TryGetValue(prefix + LogOptions.Compress, out var word) && !GoBool.TryParse(word, out compress))
            throw SkeinException.Invalid($"{(isJson ? "" : $"invalid boolean value for {prefix}compress: ")}strconv.ParseBool: parsing \"{word}\": invalid syntax");
        if (compress && isJson && (files < 2 || !sized)) throw SkeinException.Invalid("compress cannot be true when max-file is less than 2 or max-size is not set");
        if (compress && !isJson && files == 1) throw SkeinException.Invalid("compression cannot be enabled when max file count is 1");
    }

    private static void CheckAttributes(IDictionary<string, string> options)
    {
        foreach (var name in new[] { LogOptions.LabelsRegex, LogOptions.EnvRegex })
        {
            if (options.TryGetValue(name, out var pattern)) LogAttributes.Compile(pattern);
        }
        if (options.TryGetValue(LogOptions.Tag, out var tag)) LogTag.Check(tag);
    }
}

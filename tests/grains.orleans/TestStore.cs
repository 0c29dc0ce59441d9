using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;

namespace SmartCity.Grains.Orleans.Tests;

/// <summary>Orleans' store in memory, which outlives its silo as a database does: bytes, and an etag that must fit.</summary>
internal sealed class TestStore : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (byte[] Bytes, long Tag)> _rows = new(StringComparer.Ordinal);
    private Serializer? _serializer;

    public IEnumerable<string> Grains => _rows.Keys.Order(StringComparer.Ordinal);

    /// <summary>Writes since it was made.</summary>
    public int Writes { get; private set; }

    /// <summary>Fails as many writes as it says.</summary>
    public int Failures { get; set; }

    public void Use(IServiceProvider services) => _serializer = services.GetRequiredService<Serializer>();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_rows.TryGetValue(grainId.ToString(), out var row))
        {
            (grainState.State, grainState.RecordExists, grainState.ETag) = (_serializer!.Deserialize<T>(row.Bytes), true, row.Tag.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            (grainState.State, grainState.RecordExists, grainState.ETag) = (Activator.CreateInstance<T>(), false, null!);
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (Failures > 0)
        {
            Failures--;
            throw new IOException("the store failed");
        }

        lock (_rows)
        {
            var key = grainId.ToString();
            var tag = _rows.TryGetValue(key, out var row) ? row.Tag : 0;
            if ((grainState.ETag ?? "0") != tag.ToString(CultureInfo.InvariantCulture))
            {
                throw new InconsistentStateException("another wrote it", tag.ToString(CultureInfo.InvariantCulture), grainState.ETag);
            }

            _rows[key] = (_serializer!.SerializeToArray(grainState.State), tag + 1);
            Writes++;
            (grainState.ETag, grainState.RecordExists) = ((tag + 1).ToString(CultureInfo.InvariantCulture), true);
        }

        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _rows.TryRemove(grainId.ToString(), out _);
        (grainState.State, grainState.RecordExists, grainState.ETag) = (Activator.CreateInstance<T>(), false, null!);
        return Task.CompletedTask;
    }
}

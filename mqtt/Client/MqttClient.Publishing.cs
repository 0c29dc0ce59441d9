namespace SmartCity.Mqtt;

/// <content>Messages out.</content>
public sealed partial class MqttClient
{
    private readonly Queue<(IPublishReceipt Receipt, long Token, ReasonCode Reason)> _settledNow = [];
    private readonly LinkedList<Waiter> _waiters = [];
    private TaskCompletionSource? _idle;

    /// <summary>Publishes a message and waits for the server's word.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="payload">Bytes; to be left alone until this completes, or at least has its place in the window.</param>
    /// <param name="qos">QoS 0 completes once it is on its way, 1 with PUBACK, 2 with PUBCOMP, over any number of reconnects.</param>
    /// <param name="retain">Whether the server is to keep it.</param>
    /// <param name="properties">MQTT 5 properties, or null.</param>
    /// <param name="cancel">Gives up waiting for a slot; a message that has one is sent all the same.</param>
    /// <returns>The server's reason code; PacketTooLarge, QosNotSupported or RetainNotSupported when it cannot be sent to this server; for QoS 0 ServerUnavailable when there is no connection.</returns>
    public async Task<ReasonCode> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, QualityOfService qos, bool retain = false, PublishProperties? properties = null, CancellationToken cancel = default)
    {
        var receipt = new TaskReceipt();
        await PublishAsync(new ApplicationMessage(topic, payload, qos, retain) { Properties = properties }, receipt, token: 0, cancel);
        return await receipt.Task;
    }

    /// <summary>
    /// Publishes a message without waiting for the server's word: completes when the message has its place in the window, at once
    /// while there is room. For streams: await each call, and hear of acknowledgements by <paramref name="receipt"/>.
    /// </summary>
    /// <param name="message">The message; its payload is copied before this completes.</param>
    /// <param name="receipt">Who hears what became of it, exactly once.</param>
    /// <param name="token">Handed to <paramref name="receipt"/>.</param>
    /// <param name="cancel">Gives up waiting for a slot.</param>
    /// <returns>When the message is in the window.</returns>
    /// <exception cref="ArgumentException">The topic cannot be published to.</exception>
    public ValueTask PublishAsync(ApplicationMessage message, IPublishReceipt receipt, long token, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(receipt);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (message.Qos == QualityOfService.AtMostOnce)
        {
            return PublishOnceAsync(message, receipt, token, cancel);
        }

        if (!TextRules.IsTopicName(message.Topic))
        {
            throw new ArgumentException($"'{message.Topic}' cannot be published to.", nameof(message));
        }

        Waiter? waiter = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_window.HasFree && _waiters.Count == 0)
            {
                Enter(message, receipt, token);
                Pump();
            }
            else
            {
                waiter = new Waiter(message, receipt, token);
                waiter.Place = _waiters.AddLast(waiter);
            }
        }

        TellSettled();
        return waiter is null ? ValueTask.CompletedTask
            : cancel.CanBeCanceled ? new ValueTask(WaitAsync(waiter, cancel))
            : new ValueTask(waiter.Entered.Task);
    }

    /// <summary>Waits until no QoS 1 or 2 publish is in flight.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <returns>When everything is acknowledged.</returns>
    public async Task FlushAsync(CancellationToken cancel = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
        Task idle;
        lock (_gate)
        {
            if (_window.InFlight == 0 && _waiters.Count == 0 && _settledNow.Count == 0)
            {
                return;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = _idle.Task;
        }

        await idle.WaitAsync(either.Token);
    }

    // Its turn comes in the order of calls; one that gives up makes room at once.
    private async Task WaitAsync(Waiter waiter, CancellationToken cancel)
    {
        await using var registration = cancel.UnsafeRegister(
            static (state, token) =>
            {
                var (client, waiter) = ((MqttClient, Waiter))state!;
                lock (client._gate)
                {
                    if (waiter.Place is { List: { } list } place)
                    {
                        list.Remove(place);
                        waiter.Entered.TrySetCanceled(token);
                    }
                }
            },
            (this, waiter));
        await waiter.Entered.Task;
    }

    private async ValueTask PublishOnceAsync(ApplicationMessage message, IPublishReceipt receipt, long token, CancellationToken cancel)
    {
        var reason = ReasonCode.ServerUnavailable;
        if (Volatile.Read(ref _connection) is { } connection)
        {
            await connection.DrainedAsync().WaitAsync(cancel);
            var publish = Outbound(message, packetId: 0);
            reason = Refusal(connection, message.Qos, message.Retain, PacketEncoder.PublishLength(publish, _options.Version));
            if (reason == ReasonCode.Success)
            {
                connection.Send((publish, _options.Version), static (output, one) => PacketEncoder.WritePublish(output, one.publish, one.Version));
            }
        }

        receipt.Completed(token, reason);
    }

    // Under the lock, with a slot free.
    private void Enter(ApplicationMessage message, IPublishReceipt receipt, long token)
    {
        var id = _window.Take(message.Qos, receipt, token);
        try
        {
            PacketEncoder.WritePublish(_window[id].Packet, Outbound(message, id), _options.Version);
        }
        catch (ArgumentException)
        {
            _window.Free(id);
            throw;
        }

        _window.Schedule(id);
    }

    // Under the lock: gives free slots to those who wait.
    private void Admit()
    {
        while (_window.HasFree && _waiters.First is { Value: var waiter })
        {
            _waiters.RemoveFirst();
            waiter.Entered.SetResult();
            try
            {
                Enter(waiter.Message, waiter.Receipt, waiter.Token);
            }
            catch (ArgumentException)
            {
                _settledNow.Enqueue((waiter.Receipt, waiter.Token, ReasonCode.MalformedPacket));   // properties MQTT cannot carry
            }
        }
    }

    private static OutboundPublish Outbound(ApplicationMessage message, ushort packetId) =>
        new(message, message.Qos, message.Retain, Dup: false, packetId) { MessageExpiryInterval = message.Properties?.MessageExpiryInterval };

    // Under the lock: sends what the server's receive maximum allows.
    private void Pump()
    {
        while (true)
        {
            Admit();
            if (_connection is not { } connection || !_window.TryNext(out var id))
            {
                return;
            }

            var slot = _window[id];
            var packet = slot.Packet.WrittenSpan;
            var refusal = Refusal(connection, slot.Qos, (packet[0] & 1) != 0, packet.Length);
            if (refusal != ReasonCode.Success)
            {
                Settle(id, refusal);
                continue;
            }

            slot.State = PublishState.Sent;
            _window.CountSent();
            connection.Send((slot.Packet, slot.Dup), static (output, one) =>
            {
                var bytes = one.Packet.WrittenSpan;
                var target = output.GetSpan(bytes.Length);
                bytes.CopyTo(target);
                target[0] |= (byte)(one.Dup ? 0x08 : 0);              // [MQTT-3.3.1-1]
                output.Advance(bytes.Length);
            });
        }
    }

    private static ReasonCode Refusal(ClientConnection connection, QualityOfService qos, bool retain, long length)
    {
        if (length > connection.MaximumPacketSize)                    // [MQTT-3.2.2-15]
        {
            return ReasonCode.PacketTooLarge;
        }

        if (connection.Answer.MaximumQos is { } most && qos > most)   // [MQTT-3.2.2-11]
        {
            return ReasonCode.QosNotSupported;
        }

        return retain && connection.Answer.RetainAvailable == false ? ReasonCode.RetainNotSupported : ReasonCode.Success;   // [MQTT-3.2.2-14]
    }

    // Under the lock.
    private void RestartPublishing(ClientConnection connection)
    {
        foreach (var id in _window.Restart(Math.Min(_options.EffectiveWindow, connection.Answer.ReceiveMaximum ?? ushort.MaxValue)))
        {
            var slot = _window[id];
            if (slot.State == PublishState.Released && connection.SessionPresent)
            {
                SendAck(connection, PacketType.PubRel, id, ReasonCode.Success);
            }
            else if (slot.State == PublishState.Released)
            {
                Settle(id, slot.Received);                            // it had said PUBREC: the message is the server's
            }
            else
            {
                slot.Dup = connection.SessionPresent && slot.State == PublishState.Sent;
                slot.State = PublishState.Waiting;
                _window.Schedule(id);
            }
        }

        Pump();
        ThreadPool.UnsafeQueueUserWorkItem(static client => client.TellSettled(), this, preferLocal: false);
    }

    private void OnAcknowledged(ClientConnection connection, PacketType type, ushort id, ReasonCode reason)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_connection, connection))
            {
                return;
            }

            var slot = _window.Holds(id) ? _window[id] : null;
            switch (type)
            {
                case PacketType.PubAck when slot is { Qos: QualityOfService.AtLeastOnce, State: PublishState.Sent }:
                case PacketType.PubComp when slot is { State: PublishState.Released }:
                case PacketType.PubRec when slot is { Qos: QualityOfService.ExactlyOnce, State: PublishState.Sent } && reason >= ReasonCode.UnspecifiedError:
                    _window.CountAcknowledged();
                    Settle(id, type == PacketType.PubComp ? slot!.Received : reason);   // PUBREC's word on the message stands
                    break;
                case PacketType.PubRec when slot is { Qos: QualityOfService.ExactlyOnce, State: PublishState.Sent or PublishState.Released }:
                    slot.State = PublishState.Released;               // [MQTT-4.3.3-4]
                    slot.Received = reason;
                    SendAck(connection, PacketType.PubRel, id, ReasonCode.Success);
                    break;
                case PacketType.PubRec:
                    SendAck(connection, PacketType.PubRel, id, ReasonCode.PacketIdentifierNotFound);
                    break;
            }

            Pump();
        }

        TellSettled();
    }

    // Under the lock: the publish is over; who waits for it hears outside the lock.
    private void Settle(ushort id, ReasonCode reason)
    {
        var slot = _window[id];
        _settledNow.Enqueue((slot.Receipt!, slot.Token, reason));
        _window.Free(id);
    }

    private void TellSettled()
    {
        while (true)
        {
            (IPublishReceipt Receipt, long Token, ReasonCode Reason) one;
            TaskCompletionSource? idle = null;
            lock (_gate)
            {
                if (!_settledNow.TryDequeue(out one))
                {
                    return;
                }

                if (_window.InFlight == 0 && _settledNow.Count == 0)
                {
                    (idle, _idle) = (_idle, null);
                }
            }

            one.Receipt.Completed(one.Token, one.Reason);
            idle?.SetResult();
        }
    }

    private void AbandonAll()
    {
        List<(IPublishReceipt Receipt, long Token)> abandoned = [];
        lock (_gate)
        {
            foreach (var waiter in _waiters)
            {
                waiter.Entered.SetCanceled(CancellationToken.None);
            }

            _waiters.Clear();
            foreach (var id in _window.Restart(limit: 0))
            {
                abandoned.Add((_window[id].Receipt!, _window[id].Token));
                _window.Free(id);
            }
        }

        foreach (var (receipt, token) in abandoned)
        {
            receipt.Abandoned(token);
        }

        AbandonRequests();
    }

    private void SendAck(ClientConnection connection, PacketType type, ushort id, ReasonCode reason) =>
        connection.Send((type, id, reason, _options.Version), static (output, one) => PacketEncoder.WriteAck(output, one.type, one.id, one.reason, one.Version));

    private sealed class Waiter(ApplicationMessage message, IPublishReceipt receipt, long token)
    {
        public ApplicationMessage Message { get; } = message;

        public IPublishReceipt Receipt { get; } = receipt;

        public long Token { get; } = token;

        /// <summary>Where it waits; in no list any more once it has entered or given up.</summary>
        public LinkedListNode<Waiter>? Place { get; set; }

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class TaskReceipt : IPublishReceipt
    {
        private readonly TaskCompletionSource<ReasonCode> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ReasonCode> Task => _done.Task;

        public void Completed(long token, ReasonCode reason) => _done.SetResult(reason);

        public void Abandoned(long token) => _done.SetCanceled(CancellationToken.None);
    }
}

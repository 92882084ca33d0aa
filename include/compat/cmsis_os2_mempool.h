/* SPDX-License-Identifier: MIT
 *
 * The memory pools of CMSIS-RTOS2 on firmheap's pools. Compile port/firmheap_pool.c and port/firmheap_cmsis_mempool.c, and
 * leave the osMemoryPool functions of another wrapper out. Where the genuine cmsis_os2.h is included first, its types are used.
 *
 * As the standard says: osMemoryPoolAlloc with a timeout of 0, osMemoryPoolFree and the functions that ask may be called from
 * interrupt handlers (poolINSIDE_INTERRUPT, firmheap_pool.h). Different: osMemoryPoolDelete of a pool with blocks in use
 * or tasks waiting is refused (osErrorResource); a double free and a foreign pointer are faults beside being osErrorParameter.
 */

#ifndef FIRMHEAP_CMSIS_OS2_MEMPOOL_H
#define FIRMHEAP_CMSIS_OS2_MEMPOOL_H

#include "firmheap_pool.h"

#ifdef __cplusplus
    extern "C" {
#endif

#ifndef CMSIS_OS2_H_
    typedef enum
    {
        osOK = 0,
        osError = -1,
        osErrorTimeout = -2,
        osErrorResource = -3,
        osErrorParameter = -4,
        osErrorNoMemory = -5,
        osErrorISR = -6,
        osStatusReserved = 0x7FFFFFFF
    } osStatus_t;

    #define osWaitForever    0xFFFFFFFFU

    typedef void * osMemoryPoolId_t;

    typedef struct
    {
        const char * name;
        uint32_t attr_bits; /* none are known */
        void * cb_mem;      /* osMemoryPoolCbSize bytes, or NULL: from the heap */
        uint32_t cb_size;
        void * mp_mem;      /* osMemoryPoolMemSize( count, size ) bytes, or NULL: from the heap */
        uint32_t mp_size;
    } osMemoryPoolAttr_t;

    extern osMemoryPoolId_t osMemoryPoolNew( uint32_t block_count,
                                             uint32_t block_size,
                                             const osMemoryPoolAttr_t * attr );
    extern const char * osMemoryPoolGetName( osMemoryPoolId_t mp_id );
    extern void * osMemoryPoolAlloc( osMemoryPoolId_t mp_id,
                                     uint32_t timeout );
    extern osStatus_t osMemoryPoolFree( osMemoryPoolId_t mp_id,
                                        void * block );
    extern uint32_t osMemoryPoolGetCapacity( osMemoryPoolId_t mp_id );
    extern uint32_t osMemoryPoolGetBlockSize( osMemoryPoolId_t mp_id );
    extern uint32_t osMemoryPoolGetCount( osMemoryPoolId_t mp_id );
    extern uint32_t osMemoryPoolGetSpace( osMemoryPoolId_t mp_id );
    extern osStatus_t osMemoryPoolDelete( osMemoryPoolId_t mp_id );
#endif /* CMSIS_OS2_H_ */

/* What cb_mem leads to; on a pointer's boundary. */
typedef struct StaticMemoryPool
{
    Pool_t xPool;
    uint32_t ulMark;
    uint32_t ulBlockSize;
    const char * pcName;
    void * pvFromHeap; /* the blocks, or the map, or NULL */
    uint32_t ulControlFromHeap;
} StaticMemoryPool_t;

#define osMemoryPoolCbSize    ( ( uint32_t ) sizeof( StaticMemoryPool_t ) )

/* Bytes for mp_mem. With block_count * ( block_size rounded up to a pointer's ) bytes a pool of more than 32 blocks takes its
 * map of used blocks from the heap. */
#define osMemoryPoolMemSize( block_count, block_size ) \
    ( ( uint32_t ) ( ( ( block_count ) * poolSTRIDE( block_size, 1U ) ) + ( poolMAP_WORDS( block_count ) * 4U ) ) )

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_CMSIS_OS2_MEMPOOL_H */
